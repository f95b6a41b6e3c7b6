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

// SOLUTION
int row_of(int sinks, int window, int position)
{
    return position < sinks ? position : sinks + (position - sinks) % window;
}

// How many tokens between the sinks and the window are forgotten.
static int forgotten(int sinks, int window, int length)
{
    return length > sinks + window ? length - sinks - window : 0;
}

int place_of(int sinks, int window, int position, int length)
{
    return position < sinks ? position
                            : position - forgotten(sinks, window, length);
}

void memory_read(Memory *m, const float *q, const float *k, const float *v,
                 float *y)
{
    const int p = m->length++, row = row_of(m->sinks, m->window, p);
    const int gone = forgotten(m->sinks, m->window, m->length);
    float turned_q[WIDTH], turned_k[WIDTH], s[ROWS_MOST];
    memcpy(m->key[row], k, sizeof m->key[row]);
    memcpy(m->value[row], v, sizeof m->value[row]);
    turn(q, p - gone, turned_q);
    // By places: the sinks, then those that follow what is forgotten.
    const int n = m->length - gone;
    int at[ROWS_MOST];
    for (int place = 0; place < n; place++) {
        const int position = place < m->sinks ? place : place + gone;
        at[place] = row_of(m->sinks, m->window, position);
        turn(m->key[at[place]], place, turned_k);
        s[place] = 0;
        for (int c = 0; c < WIDTH; c++)
            s[place] += turned_q[c] * turned_k[c] / sqrtf(WIDTH);
    }
    weigh(s, n);
    for (int c = 0; c < WIDTH; c++) {
        y[c] = 0;
        for (int place = 0; place < n; place++)
            y[c] += s[place] * m->value[at[place]][c];
    }
}
// END
