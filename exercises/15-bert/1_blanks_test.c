// Are the blanks as the rule says? Counted over many.
#include "15-bert/masking.h"

#include "common/testing.h"

#include <stdio.h>
#include <stdlib.h>

enum { N = 100000, FIRST = 5, PIECES = 500, MASK = 4, SEP = 3 };

typedef struct Made {
    int was[N], now[N];
    Ids at, answer;
} Made;

// Every tenth token is [SEP]; the others are pieces of all kinds.
static Made *made(Masking rule)
{
    static Made m;
    Rng r = rng_new(7);
    for (int i = 0; i < N; i++)
        m.was[i] = m.now[i] =
            i % 10 == 9 ? SEP : FIRST + rng_below(&r, PIECES - FIRST);
    m.at.n = m.answer.n = 0;
    mask_tokens(&rule, &r, m.now, N, &m.at, &m.answer);
    return &m;
}

static void expect_share(const char *what, double got, double want,
                         double apart)
{
    if (!(fabs(got - want) <= apart))
        fail_msg("%s: expected about %.3f, got %.3f", what, want, got);
}

static const Masking paper = {0.15f, 0.8f, 0.1f, MASK, FIRST, PIECES};

static void so_many_are_chosen(void **state)
{
    (void)state;
    Made *m = made(paper);
    expect_share("the share of the 90000 tokens that may be chosen",
                 m->at.n / (0.9 * N), 0.15, 0.005);
    if (m->at.n != m->answer.n)
        fail_msg("%d places, but %d answers", m->at.n, m->answer.n);
}

static void what_is_noted_is_what_was_there(void **state)
{
    (void)state;
    Made *m = made(paper);
    if (m->at.n == 0)
        fail_msg("nothing was chosen");
    for (int i = 0; i < m->at.n; i++) {
        const int k = m->at.at[i];
        if (k < 0 || k >= N)
            fail_msg("place %d is not in the text", k);
        if (m->was[k] == SEP)
            fail_msg("place %d is [SEP]; it must not be chosen", k);
        if (m->answer.at[i] != m->was[k])
            fail_msg("at place %d stood %d, the answer says %d", k, m->was[k],
                     m->answer.at[i]);
        if (i > 0 && k <= m->at.at[i - 1])
            fail_msg("place %d comes after place %d", k, m->at.at[i - 1]);
    }
}

static void the_others_stay(void **state)
{
    (void)state;
    Made *m = made(paper);
    int chosen = 0;
    for (int i = 0; i < N; i++) {
        if (chosen < m->at.n && m->at.at[chosen] == i)
            chosen++;
        else if (m->now[i] != m->was[i])
            fail_msg("token %d was not chosen, but %d became %d", i, m->was[i],
                     m->now[i]);
    }
}

static void eighty_ten_ten(void **state)
{
    (void)state;
    Made *m = made(paper);
    double masked = 0, other = 0, same = 0;
    if (m->at.n == 0)
        fail_msg("nothing was chosen");
    for (int i = 0; i < m->at.n; i++) {
        const int k = m->at.at[i];
        masked += m->now[k] == MASK;
        other += m->now[k] != MASK && m->now[k] != m->was[k];
        same += m->now[k] == m->was[k];
        if (m->now[k] != MASK && (m->now[k] < FIRST || m->now[k] >= PIECES))
            fail_msg("token %d became %d; random pieces are %d to %d", k,
                     m->now[k], FIRST, PIECES - 1);
    }
    expect_share("the part that is [MASK]", masked / m->at.n, 0.8, 0.015);
    expect_share("the part that is another piece", other / m->at.n, 0.1, 0.012);
    expect_share("the part that stayed", same / m->at.n, 0.1, 0.012);
}

static void other_rules_too(void **state)
{
    (void)state;
    Made *m = made((Masking){1, 1, 0, MASK, FIRST, PIECES});
    if (m->at.n != N / 10 * 9)
        fail_msg("with a share of 1, %d should be chosen, %d were", N / 10 * 9,
                 m->at.n);
    for (int i = 0; i < N; i++)
        if (m->was[i] != SEP && m->now[i] != MASK)
            fail_msg("with all masked, token %d is %d", i, m->now[i]);
    m = made((Masking){0, 1, 0, MASK, FIRST, PIECES});
    if (m->at.n != 0)
        fail_msg("with a share of 0, %d were chosen", m->at.n);
}

// Of 8 pieces three may come; each comes as often as the others.
static void any_piece_is_as_likely(void **state)
{
    (void)state;
    int count[8] = {0};
    Made *m = made((Masking){1, 0, 1, 2, FIRST, 8});
    for (int i = 0; i < N; i++)
        if (m->was[i] != SEP) {
            const int now = m->now[i];
            if (now < FIRST || now >= 8)
                fail_msg("all shall become one of the pieces 5 to 7, but token "
                         "%d became %d",
                         i, now);
            count[now]++;
        }
    for (int k = FIRST; k < 8; k++) {
        char what[60];
        snprintf(what, sizeof what, "of the random pieces 5 to 7, the part %d",
                 k);
        expect_share(what, count[k] / (0.9 * N), 1.0 / 3, 0.01);
    }
}

// 0.3 are masked, 0.5 are random: the numbers of the rule, not of the paper.
static void other_parts(void **state)
{
    (void)state;
    Made *m = made((Masking){0.5f, 0.3f, 0.5f, 2, FIRST, PIECES});
    double masked = 0, same = 0;
    if (m->at.n == 0)
        fail_msg("nothing was chosen");
    for (int i = 0; i < m->at.n; i++) {
        const int k = m->at.at[i];
        masked += m->now[k] == 2;
        same += m->now[k] == m->was[k];
    }
    expect_share("share 0.5: the share chosen", m->at.n / (0.9 * N), 0.5, 0.01);
    expect_share("masked 0.3: the part that is [MASK], here 2",
                 masked / m->at.n, 0.3, 0.015);
    expect_share("masked 0.3, random 0.5: the part that stayed", same / m->at.n,
                 0.2, 0.015);
}

// Many texts of one token: each is chosen by chance, and the lists grow.
static void each_by_itself(void **state)
{
    (void)state;
    enum { TEXTS = 4000 };
    Rng r = rng_new(8);
    Ids at = {0}, answer = {0};
    for (int i = 0; i < TEXTS; i++) {
        int id = FIRST + 1;
        mask_tokens(&paper, &r, &id, 1, &at, &answer);
    }
    expect_share("4000 texts of a single token, appended to the same lists: "
                 "the share chosen",
                 (double)at.n / TEXTS, 0.15, 0.025);
    if (answer.n != at.n)
        fail_msg("%d places, but %d answers", at.n, answer.n);
    ids_free(&at);
    ids_free(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_are_chosen),
        cmocka_unit_test(what_is_noted_is_what_was_there),
        cmocka_unit_test(the_others_stay),
        cmocka_unit_test(eighty_ten_ten),
        cmocka_unit_test(other_rules_too),
        cmocka_unit_test(any_piece_is_as_likely),
        cmocka_unit_test(other_parts),
        cmocka_unit_test(each_by_itself),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    Made *m = made((Masking){0, 1, 0, MASK, FIRST, PIECES});
    ids_free(&m->at);
    ids_free(&m->answer);
    return failed;
}
