// How often each split is drawn, against the exact probabilities of all splits
// of a short text.
#include "4_sample_split.h"

#include "common/testing.h"

#include <stdlib.h>

static SentencePiece model(void)
{
    enum { PIECES = 10 };
    static const char *const piece[PIECES] = {
        "<unk>", "a", "b", "c", "ab", "bc", "abc", "\u00e9", "yz", "abcabca"};
    static const float score[PIECES] = {0,     -2.0f, -2.5f, -2.2f, -3.0f,
                                        -3.4f, -5.0f, -4.0f, -3.0f, -9.0f};
    Text list[PIECES];
    SentencePiece s;
    for (int i = 0; i < PIECES; i++)
        list[i] = text_of(piece[i]);
    assert_null(sentencepiece_unigram(&s, list, score, PIECES));
    return s;
}

enum { SPLITS = 128, LONGEST = 16 };

typedef struct Split {
    int id[LONGEST], n;
    double weight;
    int drawn;
} Split;

typedef struct All {
    Split split[SPLITS];
    int n;
    double total;
} All;

// Every split, one after the other.
static void list_splits(const SentencePiece *s, Text text, double alpha,
                        Split part, All *all)
{
    if (!text.length) {
        part.weight = exp(part.weight * alpha);
        all->total += part.weight;
        all->split[all->n++] = part;
        return;
    }
    for (size_t n = 1; n <= text.length; n++) {
        int id = vocab_find(&s->vocab, (Text){text.at, n});
        bool one = n == first_character(text).length;
        if (id <= 0 && !one)
            continue;
        Split more = part;
        more.id[more.n++] = id > 0 ? id : s->unknown;
        more.weight += id > 0 ? s->score[id] : s->unknown_score;
        list_splits(s, (Text){text.at + n, text.length - n}, alpha, more, all);
    }
}

static void print_split(const SentencePiece *s, const int *id, int n,
                        Buffer *to)
{
    buffer_print(to, "%s", "");
    for (int i = 0; i < n; i++) {
        bool good = id[i] >= 0 && id[i] < s->n;
        buffer_print(to, "%s%s", i ? " " : "",
                     good ? s->vocab.piece[id[i]].at : "(no id)");
    }
}

static void expect(const char *text, double alpha)
{
    enum { DRAWS = 20000 };
    SentencePiece s = model();
    All all = {0};
    list_splits(&s, text_of(text), alpha, (Split){0}, &all);
    Rng r = rng_new(17);
    for (int k = 0; k < DRAWS; k++) {
        Ids ids = {0};
        ids_add(&ids, 3); // something is in the list already
        sample_split(&s, text_of(text), alpha, &r, &ids);
        if (ids.n < 1 || ids.at[0] != 3)
            fail_msg("\"%s\": what was in the list before is gone", text);
        const int *id = ids.at + 1, n = ids.n - 1;
        int i = 0;
        while (i < all.n && (all.split[i].n != n ||
                             memcmp(all.split[i].id, id, n * sizeof *id) != 0))
            i++;
        if (i == all.n) {
            Buffer got = {0};
            print_split(&s, id, n, &got);
            fail_msg("\"%s\" was split into \"%s\", which is no split of it",
                     text, got.at);
        }
        all.split[i].drawn++;
        ids_free(&ids);
    }
    for (int i = 0; i < all.n; i++) {
        double want = all.split[i].weight / all.total;
        double got = (double)all.split[i].drawn / DRAWS;
        if (fabs(got - want) > 0.002 + 4 * sqrt(want * (1 - want) / DRAWS)) {
            Buffer name = {0};
            print_split(&s, all.split[i].id, all.split[i].n, &name);
            fail_msg("\"%s\", alpha %.1f: the split \"%s\" should be drawn "
                     "with probability %.4f, and was with %.4f",
                     text, alpha, name.at, want, got);
        }
    }
    sentencepiece_free(&s);
}

static void one_piece(void **state)
{
    (void)state;
    expect("a", 1);
    expect("", 1);
}

static void the_probabilities_of_the_model(void **state)
{
    (void)state;
    expect("abc", 1);
    expect("abcab", 1);
}

static void all_splits_alike(void **state)
{
    (void)state;
    expect("abc", 0);
}

static void flatter_and_sharper(void **state)
{
    (void)state;
    expect("abcbc", 0.2);
    expect("abcbc", 3);
}

static void accents_and_unknown_characters(void **state)
{
    (void)state;
    expect("a\u00e9"
           "b",
           1);
    expect("\u6771"
           "ab",
           1);
    expect("x", 1);
    // y and z are no pieces: yz, or two unknown ones.
    expect("yz", 0);
    expect("yz", 0.1);
    expect("ayza", 0.1);
}

static void a_piece_of_seven_bytes(void **state)
{
    (void)state;
    expect("abcabca", 1);
}

// The weight of 3,000 characters is below the smallest double.
static void a_long_text(void **state)
{
    (void)state;
    SentencePiece s = model();
    Buffer text = {0};
    for (int i = 0; i < 1000; i++)
        buffer_add(&text, "abc", 3);
    Rng r = rng_new(3);
    Ids ids = {0};
    sample_split(&s, (Text){text.at, text.length}, 1, &r, &ids);
    size_t length = 0;
    for (int i = 0; i < ids.n; i++) {
        if (ids.at[i] <= 0 || ids.at[i] >= s.n)
            fail_msg("a long text: the id %d is no piece of it", ids.at[i]);
        length += s.vocab.piece[ids.at[i]].length;
    }
    if (length != text.length)
        fail_msg("a long text: the pieces have %zu bytes, not %zu", length,
                 text.length);
    ids_free(&ids);
    buffer_free(&text);
    sentencepiece_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_piece),
        cmocka_unit_test(the_probabilities_of_the_model),
        cmocka_unit_test(all_splits_alike),
        cmocka_unit_test(flatter_and_sharper),
        cmocka_unit_test(accents_and_unknown_characters),
        cmocka_unit_test(a_piece_of_seven_bytes),
        cmocka_unit_test(a_long_text),
    };
    return cmocka_run_group_tests_name("4_sample_split", tests, NULL, NULL);
}
