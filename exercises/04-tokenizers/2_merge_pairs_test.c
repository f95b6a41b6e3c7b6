// Rows of letters with small tables of merges.
#include "common/testing.h"

#include "04-tokenizers/bpe.h"

// Symbols are letters here; the merges are given as "ea" for e + a, in the
// order of learning, and a product is written as the next capital letter: the
// first merge makes A, the second B.
static void expect(const char *const *merge, const char *row, const char *want)
{
    Merges m = merges_new();
    int symbol[64], n = (int)strlen(row);
    char got[65];
    for (int i = 0; merge[i]; i++)
        merges_add(&m, (Pair){merge[i][0], merge[i][1], i, 'A' + i});
    for (int i = 0; i < n; i++)
        symbol[i] = row[i];
    int kept = merge_pairs(&m, symbol, n);
    if (kept < 0 || kept > n)
        fail_msg("\"%s\": %d symbols cannot be left of %d", row, kept, n);
    for (int i = 0; i < kept; i++)
        got[i] = (char)symbol[i];
    got[kept] = 0;
    if (strcmp(got, want) != 0)
        fail_msg("\"%s\" should become \"%s\", not \"%s\"", row, want, got);
    merges_free(&m);
}

static void the_example(void **state)
{
    (void)state;
    static const char *const tea[] = {"ea", "sA", "tA", NULL};
    expect(tea, "teas", "Cs");
    expect(tea, "sea", "B");
    expect(tea, "east", "Ast");
    expect(tea, "xyz", "xyz");
}

static void one_symbol_or_none(void **state)
{
    (void)state;
    static const char *const tea[] = {"ea", NULL};
    expect(tea, "", "");
    expect(tea, "e", "e");
    expect(tea, "ea", "A");
}

static void the_lowest_rank_comes_first(void **state)
{
    (void)state;
    // From the left, a b would be merged first; but b c was learned before.
    static const char *const two[] = {"bc", "ab", NULL};
    expect(two, "abc", "aA");
    static const char *const other[] = {"ab", "bc", NULL};
    expect(other, "abc", "Ac");
}

static void of_equals_the_leftmost(void **state)
{
    (void)state;
    static const char *const aa[] = {"aa", NULL};
    expect(aa, "aaa", "Aa");
    expect(aa, "aaaaa", "AAa");
    static const char *const more[] = {"aa", "AA", NULL};
    expect(more, "aaaaaaa", "BAa");
}

// The rank decides, not the number of the product.
static void a_product_is_no_rank(void **state)
{
    (void)state;
    Merges m = merges_new();
    merges_add(&m, (Pair){'b', 'c', 1, 'Y'});
    merges_add(&m, (Pair){'a', 'b', 0, 'Z'});
    int symbol[] = {'a', 'b', 'c'};
    const int n = merge_pairs(&m, symbol, 3);
    if (n != 2 || symbol[0] != 'Z' || symbol[1] != 'c')
        fail_msg("\"abc\" with ab -> Z of rank 0 and bc -> Y of rank 1 should "
                 "become \"Zc\", but %d symbols are left and the first two "
                 "are \"%c%c\"",
                 n, symbol[0], symbol[1]);
    merges_free(&m);
}

static void products_merge_on(void **state)
{
    (void)state;
    static const char *const four[] = {"ab", "Ac", "Bd", "CC", NULL};
    expect(four, "abcdabcd", "D");
    expect(four, "abcabcd", "BC");
}

// The whole tokenizer with this function: a text must come back, in fewer
// pieces than bytes.
static void a_text_comes_back(void **state)
{
    (void)state;
    static const char text[] = "the sea, the seas, the tea and the teas: the "
                               "east and the sea and the tea";
    Bpe b = bpe_train(text_of(text), 30);
    Ids ids = {0};
    Buffer back = {0};
    bpe_encode(&b, text_of(text), &ids);
    bpe_decode(&b, ids.at, ids.n, &back);
    if (strcmp(back.at, text) != 0)
        fail_msg("\"%s\"\ncame back as\n\"%s\"", text, back.at);
    if (ids.n != 26)
        fail_msg("%zu bytes should become 26 pieces, not %d", strlen(text),
                 ids.n);
    ids_free(&ids);
    buffer_free(&back);
    bpe_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example),
        cmocka_unit_test(one_symbol_or_none),
        cmocka_unit_test(the_lowest_rank_comes_first),
        cmocka_unit_test(of_equals_the_leftmost),
        cmocka_unit_test(a_product_is_no_rank),
        cmocka_unit_test(products_merge_on),
        cmocka_unit_test(a_text_comes_back),
    };
    return cmocka_run_group_tests_name("2_merge_pairs", tests, NULL, NULL);
}
