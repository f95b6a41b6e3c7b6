// Beam search on models of a few lines.
#include "4_beam.h"

#include "common/rng.h"
#include "common/testing.h"

#include <stdio.h>

enum { A, B, C, END, TOKENS };

static const char *words(const int *id, int n, char to[32])
{
    for (int i = 0; i < n; i++)
        to[i] = (char)('A' + id[i]);
    to[n < 0 ? 0 : n] = 0;
    return to;
}

static void expect(const char *what, Whole got, const char *want,
                   double probability)
{
    char text[32];
    if (strcmp(words(got.id, got.n, text), want) || got.n < 0)
        fail_msg("%s: expected \"%s\", found \"%s\"%s", what, want, text,
                 got.n < 0 ? " (nothing at all)" : "");
    if (!(fabs(got.score - log(probability)) < 1e-9))
        fail_msg("%s: the score should be %.6f, it is %.6f", what,
                 log(probability), got.score);
}

// A is likelier at first, but what follows A is unsure and what follows B is
// not. Two tokens, then end.
static void a_trap(void *context, const int *id, int n, double *log_p)
{
    (void)context;
    const double first[] = {0.6, 0.4, 0, 0};
    const double after_a[] = {0.4, 0.3, 0.3, 0};
    const double after_b[] = {0.05, 0.05, 0.9, 0};
    const double last[] = {0, 0, 0, 1};
    const double *p = n == 0       ? first
                      : n > 1      ? last
                      : id[0] == A ? after_a
                                   : after_b;
    for (int i = 0; i < TOKENS; i++)
        log_p[i] = log(p[i]);
}

static void one_beginning_falls_into_the_trap(void **state)
{
    (void)state;
    Whole w = beam_search(a_trap, NULL, TOKENS, END, 1, 0, 5);
    expect("beam 1: 0.6 x 0.4", w, "AA", 0.24);
}

static void two_beginnings_do_not(void **state)
{
    (void)state;
    Whole w = beam_search(a_trap, NULL, TOKENS, END, 2, 0, 5);
    expect("beam 2: 0.4 x 0.9", w, "BC", 0.36);
}

// It may end at any time with 0.4, or say A with 0.6.
static void a_long_breath(void *context, const int *id, int n, double *log_p)
{
    (void)context;
    (void)id;
    (void)n;
    log_p[A] = log(0.6);
    log_p[B] = log_p[C] = -INFINITY;
    log_p[END] = log(0.4);
}

static void short_sentences_win_without_a_penalty(void **state)
{
    (void)state;
    Whole w = beam_search(a_long_breath, NULL, TOKENS, END, 3, 0, 6);
    expect("alpha 0: the empty sentence, 0.4", w, "", 0.4);
}

static void a_penalty_makes_up_for_length(void **state)
{
    (void)state;
    Whole w = beam_search(a_long_breath, NULL, TOKENS, END, 3, 1, 6);
    // log(0.6^5 0.4) / 6
    expect("alpha 1, at most 6 tokens", w, "AAAAA",
           pow(pow(0.6, 5) * 0.4, 1.0 / 6));
}

static void a_smaller_penalty_makes_up_in_part(void **state)
{
    (void)state;
    Whole w = beam_search(a_long_breath, NULL, TOKENS, END, 3, 0.8, 6);
    // log(0.6^2 0.4) / 3^0.8
    expect("alpha 0.8, at most 6 tokens", w, "AA",
           pow(0.6 * 0.6 * 0.4, 1 / pow(3, 0.8)));
}

// Those that end do not take the place of one that goes on.
static void an_end_takes_no_place(void **state)
{
    (void)state;
    Whole w = beam_search(a_long_breath, NULL, TOKENS, END, 1, 0, 6);
    expect("beam 1, where going on is likelier than the end", w, "", 0.4);
}

static void no_end_no_sentence(void **state)
{
    (void)state;
    Whole w = beam_search(a_trap, NULL, TOKENS, END, 4, 0, 2);
    if (w.n != -1)
        fail_msg("no sentence has two tokens with end, but one of %d was found",
                 w.n);
}

// Any probabilities, which depend on all that came before.
static void random_model(void *context, const int *id, int n, double *log_p)
{
    uint64_t seed = *(uint64_t *)context;
    for (int i = 0; i < n; i++)
        seed = seed * 31 + (uint64_t)id[i] + 7;
    Rng r = rng_new(seed);
    double sum = 0;
    for (int i = 0; i < TOKENS; i++)
        sum += exp(log_p[i] = 3 * (double)rng_uniform(&r));
    for (int i = 0; i < TOKENS; i++)
        log_p[i] -= log(sum);
}

// The best of all sentences with at most 4 tokens, end among them.
static double best_of_all(uint64_t *seed, int *id, int n, double log_sum)
{
    double log_p[TOKENS], best = -INFINITY;
    if (n == 4)
        return best;
    random_model(seed, id, n, log_p);
    for (int i = 0; i < TOKENS; i++) {
        id[n] = i;
        best = fmax(
            best, i == END ? log_sum + log_p[i]
                           : best_of_all(seed, id, n + 1, log_sum + log_p[i]));
    }
    return best;
}

static void a_beam_as_wide_as_all_misses_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        int id[8];
        double want = best_of_all(&seed, id, 0, 0);
        Whole w = beam_search(random_model, &seed, TOKENS, END, 27, 0, 4);
        if (!(fabs(w.score - want) < 1e-9))
            fail_msg("of all sentences the best has %.6f, found was %.6f", want,
                     w.score);
    }
}

// The rule of the task in the plainest way: all that could follow is written
// down, and the likeliest is looked for again and again.
static Whole by_the_rule(uint64_t *seed, int beam, double alpha, int most)
{
    enum { WIDEST = 8 };
    struct {
        int id[BEAM_LONGEST];
        double log_p;
    } now[WIDEST] = {{{0}, 0}}, all[WIDEST * TOKENS];
    Whole best = {.n = -1, .score = -INFINITY};
    for (int length = 0, starts = 1; length < most; length++) {
        int n = 0;
        for (int s = 0; s < starts; s++) {
            double log_p[TOKENS];
            random_model(seed, now[s].id, length, log_p);
            for (int i = 0; i < TOKENS; i++) {
                all[n] = now[s];
                all[n].id[length] = i;
                all[n].log_p += log_p[i];
                const double score = all[n].log_p / pow(length + 1, alpha);
                if (i != END) {
                    n++;
                } else if (score > best.score) {
                    best = (Whole){.n = length, .score = score};
                    memcpy(best.id, now[s].id, sizeof best.id);
                }
            }
        }
        for (starts = 0; starts < beam && starts < n; starts++) {
            int top = 0;
            for (int i = 1; i < n; i++)
                top = all[i].log_p > all[top].log_p ? i : top;
            now[starts] = all[top];
            all[top].log_p = -INFINITY;
        }
    }
    return best;
}

static void a_narrow_beam_keeps_the_likeliest(void **state)
{
    (void)state;
    for (int beam = 1; beam <= 6; beam++)
        for (uint64_t seed = 1; seed <= 1000; seed++) {
            const double alpha = seed % 2 ? 1 : 0.6;
            const Whole want = by_the_rule(&seed, beam, alpha, 6);
            const Whole w =
                beam_search(random_model, &seed, TOKENS, END, beam, alpha, 6);
            char text[32], what[80];
            snprintf(what, sizeof what, "random model %d, beam %d, alpha %.1f",
                     (int)seed, beam, alpha);
            expect(what, w, words(want.id, want.n, text), exp(want.score));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_beginning_falls_into_the_trap),
        cmocka_unit_test(two_beginnings_do_not),
        cmocka_unit_test(short_sentences_win_without_a_penalty),
        cmocka_unit_test(a_penalty_makes_up_for_length),
        cmocka_unit_test(a_smaller_penalty_makes_up_in_part),
        cmocka_unit_test(an_end_takes_no_place),
        cmocka_unit_test(no_end_no_sentence),
        cmocka_unit_test(a_beam_as_wide_as_all_misses_nothing),
        cmocka_unit_test(a_narrow_beam_keeps_the_likeliest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
