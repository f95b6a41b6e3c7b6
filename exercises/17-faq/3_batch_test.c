// The loss of a perfect encoder, and whether every pair has its chance.
#include "3_batch.h"

#include "17-faq/contrast.h"
#include "common/testing.h"

enum { OWNERS = 12, EACH = 25, N = OWNERS * EACH };

static int owner[N];

static void prepare(void)
{
    for (int i = 0; i < N; i++)
        owner[i] = i % OWNERS;
}

static void a_perfect_encoder_has_no_loss(void **state)
{
    (void)state;
    prepare();
    Rng r = rng_new(1);
    int chosen[N];
    const int n = choose_batch(owner, N, OWNERS, 8, &r, chosen);
    if (n != 8)
        fail_msg("8 pairs wanted, %d came", n);
    Tape *t = tape_new(0, 1);
    Matrix *x = matrix(t, n, OWNERS);
    for (int i = 0; i < n; i++) {
        if (chosen[i] < 0 || chosen[i] >= N)
            fail_msg("pair %d of %d", chosen[i], N);
        for (int j = 0; j < OWNERS; j++)
            x->val[i * OWNERS + j] = j == owner[chosen[i]];
    }
    const double loss = (double)contrastive_loss(x, x, 0.05f)->val[0];
    tape_free(t);
    if (loss > 0.01)
        fail_msg("the loss of a perfect encoder is %.3f: what is it asked to "
                 "tell apart?",
                 loss);
}

static void no_question_twice(void **state)
{
    (void)state;
    prepare();
    for (uint64_t seed = 0; seed < 50; seed++) {
        Rng r = rng_new(seed);
        int chosen[N], of[OWNERS];
        for (int j = 0; j < OWNERS; j++)
            of[j] = -1;
        const int n = choose_batch(owner, N, OWNERS, 9, &r, chosen);
        for (int i = 0; i < n; i++) {
            const int j = owner[chosen[i]];
            if (of[j] >= 0)
                fail_msg("pairs %d and %d of one batch are both of question %d",
                         of[j], chosen[i], j);
            of[j] = chosen[i];
        }
    }
}

static void as_many_as_there_can_be(void **state)
{
    (void)state;
    prepare();
    Rng r = rng_new(2);
    int chosen[N];
    const int most = choose_batch(owner, N, OWNERS, 64, &r, chosen);
    if (most != OWNERS)
        fail_msg("64 wanted of %d questions: expected %d, got %d", OWNERS,
                 OWNERS, most);
    int own[N]; // each pair has a question of its own
    for (int i = 0; i < N; i++)
        own[i] = N - 1 - i;
    const int all = choose_batch(own, N, N, N, &r, chosen);
    if (all != N)
        fail_msg("%d wanted of %d questions with a pair each: got %d", N, N,
                 all);
    const int few[] = {0, 0, 0, 2, 2};
    const int two = choose_batch(few, 5, 3, 64, &r, chosen);
    if (two != 2)
        fail_msg("question 1 has no pair; of 0, 0, 0, 2, 2 come %d, not 2",
                 two);
    assert_int_equal(choose_batch(owner, 0, OWNERS, 8, &r, chosen), 0);
}

static void every_pair_has_its_chance(void **state)
{
    (void)state;
    prepare();
    Rng r = rng_new(3);
    int times[N] = {0}, chosen[N];
    for (int round = 0; round < 4000; round++)
        for (int i = choose_batch(owner, N, OWNERS, 6, &r, chosen) - 1; i >= 0;
             i--)
            times[chosen[i]]++;
    for (int i = 0; i < N; i++) // 80 on average
        if (times[i] < 35 || times[i] > 140)
            fail_msg("pair %d was chosen %d times of 4000; about 80 are its "
                     "share",
                     i, times[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_perfect_encoder_has_no_loss),
        cmocka_unit_test(no_question_twice),
        cmocka_unit_test(as_many_as_there_can_be),
        cmocka_unit_test(every_pair_has_its_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
