// Is a document ever on both sides, and what does a nearest neighbour make of
// classes that were tossed?
#include "3_leak.h"

#include "common/testing.h"

enum { DOCUMENTS = 40, CHUNKS = 12, N = DOCUMENTS * CHUNKS, FOLDS = 5 };

static int document[N], fold[N];

static void deal(uint64_t seed)
{
    Rng r = rng_new(seed);
    for (int i = 0; i < N; i++) {
        document[i] = i / CHUNKS;
        fold[i] = -1;
    }
    deal_chunks(document, N, DOCUMENTS, FOLDS, &r, fold);
    for (int i = 0; i < N; i++)
        if (fold[i] < 0 || fold[i] >= FOLDS)
            fail_msg("chunk %d is in fold %d; there are 0 to %d", i, fold[i],
                     FOLDS - 1);
}

// The share of chunks whose nearest neighbour in the other folds has their
// class. A chunk is its document's number on a line, and a little noise.
static double nearest_is_right(uint64_t seed)
{
    Rng r = rng_new(seed);
    float at[N];
    int class[DOCUMENTS], order[DOCUMENTS], right = 0;
    for (int d = 0; d < DOCUMENTS; d++) {
        class[d] = rng_below(&r, 2);
        order[d] = d;
    }
    rng_shuffle(&r, order, DOCUMENTS);
    for (int i = 0; i < N; i++)
        at[i] = (float)order[document[i]] + 0.2f * rng_normal(&r);
    for (int i = 0; i < N; i++) {
        int nearest = -1;
        for (int j = 0; j < N; j++)
            if (fold[j] != fold[i] &&
                (nearest < 0 ||
                 fabsf(at[j] - at[i]) < fabsf(at[nearest] - at[i])))
                nearest = j;
        right += nearest >= 0 && class[document[nearest]] == class[document[i]];
    }
    return (double)right / N;
}

static void tossed_classes_cannot_be_guessed(void **state)
{
    (void)state;
    double mean = 0;
    for (int k = 0; k < 10; k++) {
        deal(1 + (uint64_t)k);
        mean += nearest_is_right(100 + (uint64_t)k) / 10;
    }
    if (mean > 0.6)
        fail_msg("classes were tossed with a coin, but %.0f %% of the chunks "
                 "are classified rightly: about 50 are possible",
                 100 * mean);
}

static void a_document_is_on_one_side(void **state)
{
    (void)state;
    deal(7);
    for (int i = 0; i < N; i++)
        if (fold[i] != fold[i / CHUNKS * CHUNKS])
            fail_msg("document %d has chunks in fold %d and in fold %d",
                     document[i], fold[i / CHUNKS * CHUNKS], fold[i]);
}

static void folds_are_even(void **state)
{
    (void)state;
    for (int documents = 1; documents <= 23; documents++) {
        int from[46], to[46], count[FOLDS] = {0}, least = 99, most = 0;
        Rng r = rng_new(3);
        for (int i = 0; i < 2 * documents; i++)
            from[i] = i % documents; // chunks of a document stand apart
        deal_chunks(from, 2 * documents, documents, FOLDS, &r, to);
        for (int d = 0; d < documents; d++) {
            if (to[d] != to[d + documents])
                fail_msg("document %d has chunks in fold %d and in fold %d", d,
                         to[d], to[d + documents]);
            if (to[d] < 0 || to[d] >= FOLDS)
                fail_msg("%d documents: document %d is in fold %d; there are 0 "
                         "to %d",
                         documents, d, to[d], FOLDS - 1);
            count[to[d]]++;
        }
        for (int f = 0; f < FOLDS; f++) {
            least = count[f] < least ? count[f] : least;
            most = count[f] > most ? count[f] : most;
        }
        if (most - least > 1)
            fail_msg("%d documents: one fold has %d, another %d", documents,
                     most, least);
    }
}

static void another_time_another_deal(void **state)
{
    (void)state;
    int first[N], same = 0;
    deal(1);
    memcpy(first, fold, sizeof fold);
    deal(2);
    for (int i = 0; i < N; i++)
        same += first[i] == fold[i];
    if (same > N / 2)
        fail_msg("with another seed %d of %d chunks are in the same fold; is "
                 "it random?",
                 same, N);
}

// At random, any two of 40 documents are in one fold in 7 of 39 deals.
static void no_two_belong_together(void **state)
{
    (void)state;
    enum { TIMES = 400 };
    int same[DOCUMENTS] = {0};
    for (int k = 0; k < TIMES; k++) {
        deal(1000 + (uint64_t)k);
        for (int d = 1; d < DOCUMENTS; d++)
            same[d] += fold[0] == fold[d * CHUNKS];
    }
    for (int d = 1; d < DOCUMENTS; d++)
        if (same[d] < 30 || same[d] > 130)
            fail_msg("in %d deals documents 0 and %d were in the same fold %d "
                     "times; about 72 are to be expected if they are dealt at "
                     "random",
                     TIMES, d, same[d]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tossed_classes_cannot_be_guessed),
        cmocka_unit_test(a_document_is_on_one_side),
        cmocka_unit_test(folds_are_even),
        cmocka_unit_test(another_time_another_deal),
        cmocka_unit_test(no_two_belong_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
