// A beginning that is never forgotten (45 minutes)
//
// A head that has nothing to look for puts its weight on the first tokens of a
// text, the sinks. A window that forgets them breaks the model; so they are
// kept, however long the text gets, beside a ring for the last tokens.
//
// The catch is in the distances. RoPE turns keys and queries by positions, and
// when token 100,000 looks at token 0 they are 100,000 apart, a distance that
// the model has never seen. So what counts is not the position in the text but
// the place among the tokens that are remembered: nothing is ever further away
// than the memory is long.
//
// By hand, with 2 sinks and a window of 3, after 8 tokens (0 to 7):
//
//     row       0   1   2   3   4
//     token     0   1   5   6   7     the ring has gone round twice
//     place     0   1   2   3   4
//
// Then token 8 comes. Whose row does it take? Which token stands at place 2
// now, and which row is it in? The header says what each function does; `turn`
// and `weigh` are there already.
#include "3_sinks.h"

#include <math.h>
#include <string.h>

// RoPE: number i and number i + WIDTH / 2 are a pair.
static void turn(const float *from, int place, float to[WIDTH])
{
    const int half = WIDTH / 2;
    for (int i = 0; i < half; i++) {
        const double angle = place * pow(10000, -(double)i / half);
        const float c = (float)cos(angle), s = (float)sin(angle);
        to[i] = c * from[i] - s * from[i + half];
        to[i + half] = s * from[i] + c * from[i + half];
    }
}

// softmax of n scores.
static void weigh(float *s, int n)
{
    float max = s[0], sum = 0;
    for (int j = 1; j < n; j++)
        max = s[j] > max ? s[j] : max;
    for (int j = 0; j < n; j++)
        sum += s[j] = expf(s[j] - max);
    for (int j = 0; j < n; j++)
        s[j] /= sum;
}

// TODO: write these three functions.
int row_of(int sinks, int window, int position)
{
    (void)sinks;
    (void)window;
    (void)position;
    return 0;
}

int place_of(int sinks, int window, int position, int length)
{
    (void)sinks;
    (void)window;
    (void)position;
    (void)length;
    return 0;
}

void memory_read(Memory *m, const float *q, const float *k, const float *v,
                 float *y)
{
    float turned[WIDTH], score = 0;
    turn(k, place_of(m->sinks, m->window, m->length, m->length + 1), turned);
    for (int c = 0; c < WIDTH; c++)
        score += q[c] * turned[c];
    weigh(&score, 1);
    for (int c = 0; c < WIDTH; c++)
        y[c] = score * v[c]; // it sees nothing but itself
    m->length++;
}
// END
