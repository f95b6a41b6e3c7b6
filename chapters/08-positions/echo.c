// The echo; see echo.h.
#include "08-positions/echo.h"

Windows echo_windows(Tape *t, Rng *rng, int n, int length, int counted)
{
    Windows x = windows_new(t, n, length);
    for (int i = 0; i < n * length; i++) {
        const int place = i % length;
        const bool counts = place >= BACK && place >= length - counted;
        x.letter[i] = rng_below(rng, ECHO_LETTERS);
        x.target[i] = counts ? x.letter[i - BACK] : -1;
    }
    return x;
}

double echo_score(const Writer *w, int n, int length)
{
    Tape *t = tape_new(0, 0);
    t->training = false;
    Rng rng = rng_new(1);
    Windows x = echo_windows(t, &rng, n, length, COUNTED);
    Matrix *y = writer_logits(w, t, x.in);
    int right = 0, all = 0;
    for (int i = 0; i < x.in.n; i++)
        if (x.target[i] >= 0) {
            const float *score = y->val + (size_t)i * y->cols;
            right += likeliest(score, y->cols) == x.target[i];
            all++;
        }
    tape_free(t);
    return (double)right / all;
}
