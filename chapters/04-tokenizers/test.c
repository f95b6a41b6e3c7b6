// The tokenizers against the ids that well-known libraries give for the same
// strings (fixture/reference.py and .mjs made them), against plainer versions
// of themselves, on random input, and against damaged files.
#include "common/testing.h"

#include "04-tokenizers/tokenizer.h"
#include "04-tokenizers/unicode.h"
#include "04-tokenizers/words.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/rng.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define FIXTURE "chapters/04-tokenizers/fixture/"

static Text text_in(const Buffer *b)
{
    return (Text){b->at, b->length};
}

// --- equality with the references -------------------------------------------

// The path of a file of the real data, or NULL: where `make data` puts it, or
// in the folder that DATA_MIRROR names.
static const char *real(const char *name, const char *file)
{
    Run run = {.data = getenv("DATA_MIRROR")};
    const char *path = run.data ? data_path(&run, name, file) : NULL;
    run.data = NULL;
    return path ? path : data_path(&run, name, file);
}

static void show_ids(Buffer *to, const int *id, int n)
{
    for (int i = 0; i < n; i++)
        buffer_print(to, " %d", id[i]);
}

// Every string of mixed.json must give the ids on its line of the file.
static void same_as_reference(Tokenizer *t, const char *ids_path)
{
    Buffer json = text_read(FIXTURE "mixed.json"), ids = text_read(ids_path);
    cJSON *list = cJSON_ParseWithLength(json.at, json.length);
    const cJSON *item;
    Text rest = text_in(&ids), line;
    int number = 0;
    assert_true(cJSON_GetArraySize(list) > 100);
    cJSON_ArrayForEach(item, list)
    {
        Ids got = {0};
        Buffer shown = {0};
        number++;
        assert_true(text_line(&rest, &line));
        tokenizer_encode(t, text_of(item->valuestring), &got);
        buffer_print(&shown, "%s", "");
        show_ids(&shown, got.at, got.n);
        Text want = {line.at, line.length};
        if (shown.length != want.length + (got.n > 0) ||
            memcmp(shown.at + (got.n > 0), want.at, want.length) != 0)
            fail_msg("string %d of mixed.json, \"%s\":\nwant  %.*s\ngot  %s",
                     number, item->valuestring, (int)want.length, want.at,
                     shown.at);
        ids_free(&got);
        buffer_free(&shown);
    }
    assert_false(text_line(&rest, &line));
    cJSON_Delete(list);
    buffer_free(&json);
    buffer_free(&ids);
}

static void check_reference(Scheme scheme, const char *vocab,
                            const char *merges, const char *ids)
{
    Tokenizer t = tokenizer_load(scheme, vocab, merges);
    same_as_reference(&t, ids);
    same_as_reference(&t, ids); // once more, from the words it remembers
    tokenizer_free(&t);
}

static void small_gpt2_is_the_reference(void **state)
{
    (void)state;
    check_reference(GPT2, FIXTURE "small_gpt2_vocab.json",
                    FIXTURE "small_gpt2_merges.txt", FIXTURE "small_gpt2.ids");
}

static void small_bpe_is_the_reference(void **state)
{
    (void)state;
    check_reference(SENTENCEPIECE, FIXTURE "small_bpe.model", NULL,
                    FIXTURE "small_bpe.ids");
}

static void small_unigram_is_the_reference(void **state)
{
    (void)state;
    check_reference(SENTENCEPIECE, FIXTURE "small_unigram.model", NULL,
                    FIXTURE "small_unigram.ids");
}

static void small_wordpiece_is_the_reference(void **state)
{
    (void)state;
    check_reference(WORDPIECE, FIXTURE "small_vocab.txt", NULL,
                    FIXTURE "small_wordpiece.ids");
}

static void skip_without(const char *path, const char *name)
{
    if (path)
        return;
    print_message("skipped: needs make data NAME=%s\n", name);
    skip();
}

static void gpt2_is_the_reference(void **state)
{
    (void)state;
    const char *vocab = real("gpt2-tokenizer", "gpt2_vocab.json");
    skip_without(vocab, "gpt2-tokenizer");
    char *path = copy_text(vocab);
    check_reference(GPT2, path, real("gpt2-tokenizer", "gpt2_merges.txt"),
                    FIXTURE "gpt2.ids");
    free(path);
}

static void llama_is_the_reference(void **state)
{
    (void)state;
    const char *model = real("llama-tokenizer", "tokenizer.model");
    skip_without(model, "llama-tokenizer");
    check_reference(SENTENCEPIECE, model, NULL, FIXTURE "llama.ids");
    check_reference(SENTENCEPIECE, real("llama-tokenizer", "tokenizer.bin"),
                    NULL, FIXTURE "llama.ids");
}

static void bert_is_the_reference(void **state)
{
    (void)state;
    const char *vocab = real("bert-vocab", "vocab.txt");
    vocab = vocab ? vocab : real("bert-vocab", "vocab.json");
    skip_without(vocab, "bert-vocab");
    check_reference(WORDPIECE, vocab, NULL, FIXTURE "bert.ids");
}
// The six sentences and ids of the Universal Sentence Encoder Lite.
static void use_lite_is_the_reference(void **state)
{
    (void)state;
    const char *vocab = real("use-lite", "vocab.json");
    skip_without(vocab, "use-lite");
    SentencePiece s = sentencepiece_load(vocab);
    Buffer json = text_read(FIXTURE "use_lite.json");
    cJSON *list = cJSON_ParseWithLength(json.at, json.length);
    const cJSON *item, *id;
    assert_int_equal(cJSON_GetArraySize(list), 6);
    cJSON_ArrayForEach(item, list)
    {
        Ids got = {0};
        int i = 0;
        const char *text = cJSON_GetObjectItem(item, "text")->valuestring;
        sentencepiece_encode(&s, text_of(text), &got);
        cJSON_ArrayForEach(id, cJSON_GetObjectItem(item, "ids"))
        {
            assert_true(i < got.n);
            assert_int_equal(got.at[i++], id->valueint);
        }
        assert_int_equal(i, got.n);
        ids_free(&got);
    }
    cJSON_Delete(list);
    buffer_free(&json);
    sentencepiece_free(&s);
}

// --- random texts -----------------------------------------------------------

static void random_bytes(Rng *r, int n, Buffer *to)
{
    to->length = 0;
    buffer_add(to, "", 0);
    for (int i = 0; i < n; i++)
        buffer_add(to, &(char){(char)rng_below(r, 256)}, 1);
}

// Code points of all sizes, often from blocks that tokenizers treat specially.
static int32_t random_code(Rng *r)
{
    static const int32_t block[][2] = {
        {0, 0x7f},         {0x20, 0x7e},       {0x80, 0x2ff},
        {0x300, 0x36f},    {0x370, 0x6ff},     {0x900, 0xdff},
        {0x1100, 0x11ff},  {0x2000, 0x206f},   {0x2100, 0x27ff},
        {0x3000, 0x30ff},  {0x4e00, 0x9fff},   {0xac00, 0xd7a3},
        {0xf900, 0xffff},  {0x1f300, 0x1faff}, {0x20000, 0x2ffff},
        {0xe000, 0x10ffff}};
    const int32_t *b = block[rng_below(r, sizeof block / sizeof *block)];
    return b[0] + rng_below(r, b[1] - b[0] + 1);
}

static void random_unicode(Rng *r, int n, Buffer *to)
{
    to->length = 0;
    buffer_add(to, "", 0);
    for (int i = 0; i < n; i++) {
        char utf8[4];
        int32_t c = random_code(r);
        if (c == 0x2581) // SentencePiece's own space does not come back
            continue;
        buffer_add(to, utf8, utf8_write(c, utf8));
    }
}

static void assert_comes_back(Tokenizer *t, Text text)
{
    Ids ids = {0};
    Buffer back = {0};
    buffer_add(&back, "", 0);
    tokenizer_encode(t, text, &ids);
    tokenizer_decode(t, ids.at, ids.n, &back);
    assert_int_equal(back.length, text.length);
    assert_memory_equal(back.at, text.at, text.length);
    ids_free(&ids);
    buffer_free(&back);
}

static void gpt2_gives_any_bytes_back(void **state)
{
    (void)state;
    Tokenizer t = tokenizer_load(GPT2, FIXTURE "small_gpt2_vocab.json",
                                 FIXTURE "small_gpt2_merges.txt");
    Rng r = rng_new(4);
    Buffer text = {0};
    assert_comes_back(&t, text_of(""));
    for (int i = 0; i < 300; i++) {
        random_bytes(&r, i, &text);
        assert_comes_back(&t, text_in(&text));
        random_unicode(&r, i, &text);
        assert_comes_back(&t, text_in(&text));
    }
    buffer_free(&text);
    tokenizer_free(&t);
}

static void sentencepiece_gives_unicode_back(void **state)
{
    (void)state;
    Tokenizer t =
        tokenizer_load(SENTENCEPIECE, FIXTURE "small_bpe.model", NULL);
    Rng r = rng_new(5);
    Buffer text = {0};
    assert_comes_back(&t, text_of(""));
    for (int i = 0; i < 300; i++) {
        random_unicode(&r, i, &text);
        assert_comes_back(&t, text_in(&text));
    }
    // Bytes that are no UTF-8 become U+FFFD, one each.
    Ids ids = {0};
    Buffer back = {0};
    tokenizer_encode(&t, (Text){"a\xe6\x9d z", 5}, &ids);
    tokenizer_decode(&t, ids.at, ids.n, &back);
    assert_string_equal(back.at, "a\xef\xbf\xbd\xef\xbf\xbd z");
    ids_free(&ids);
    buffer_free(&back);
    buffer_free(&text);
    tokenizer_free(&t);
}

// Without [UNK], WordPiece gives the words of the basic tokenizer back.
static void wordpiece_gives_words_back(void **state)
{
    (void)state;
    WordPiece w = wordpiece_load(FIXTURE "small_vocab.txt");
    Rng r = rng_new(6);
    Buffer text = {0}, words = {0}, back = {0};
    int whole = 0;
    for (int i = 0; i < 2000; i++) {
        Ids ids = {0};
        bool unknown = false;
        text.length = words.length = back.length = 0;
        for (int k = rng_below(&r, 12) + 1; k > 0; k--)
            buffer_add(&text, &"aAbBeEnN.,! \t"[rng_below(&r, 13)], 1);
        wordpiece_words(&w, text_in(&text), &words);
        wordpiece_encode(&w, text_in(&text), &ids);
        wordpiece_decode(&w, ids.at, ids.n, &back);
        for (int k = 0; k < ids.n; k++)
            unknown |= ids.at[k] == w.unknown;
        if (!unknown && words.length) {
            whole++;
            assert_int_equal(back.length, words.length - 1);
            assert_memory_equal(back.at, words.at, back.length);
        }
        ids_free(&ids);
    }
    assert_true(whole > 500);
    buffer_free(&text);
    buffer_free(&words);
    buffer_free(&back);
    wordpiece_free(&w);
}

// --- words: the machine against the regular expression ----------------------

// The pattern of words.h, tried the way a regular expression is: each
// alternative from left to right, at code point i of n.
static int match_at(const int32_t *c, int n, int i)
{
    static const char *const end[] = {"s", "t", "re", "ve", "m", "ll", "d"};
    for (int e = 0; e < 7 && c[i] == '\''; e++) {
        int k = 0;
        while (end[e][k] && i + 1 + k < n && c[i + 1 + k] == end[e][k])
            k++;
        if (!end[e][k])
            return 1 + k;
    }
    static const CharKind kind[] = {KIND_LETTER, KIND_NUMBER, KIND_OTHER};
    for (int k = 0; k < 3; k++)
        for (int space = c[i] == ' '; space >= 0; space--) {
            int j = i + space;
            while (j < n && unicode_kind(c[j]) == kind[k])
                j++;
            if (j > i + space)
                return j - i;
        }
    int j = i;
    while (j < n && unicode_kind(c[j]) == KIND_SPACE)
        j++;
    for (int e = j; e > i; e--) // \s+(?!\S), giving back one at a time
        if (e == n || unicode_kind(c[e]) == KIND_SPACE)
            return e - i;
    return j - i;
}

static void words_follow_the_pattern(void **state)
{
    (void)state;
    static const int32_t letter[] = {
        ' ',  ' ', ' ',   ' ', '\n', '\t',   0xa0,    'a',   's',
        't',  'r', 'e',   'l', 'm',  'v',    'd',     '\'',  '\'',
        '\'', '1', 0x663, '!', 0xe9, 0x6771, 0x1f642, 0x301, 0x3000};
    Rng r = rng_new(7);
    for (int round = 0; round < 20000; round++) {
        int32_t code[16];
        int n = rng_below(&r, 16);
        Buffer text = {0};
        buffer_add(&text, "", 0);
        for (int i = 0; i < n; i++) {
            char utf8[4];
            code[i] = letter[rng_below(&r, sizeof letter / sizeof *letter)];
            buffer_add(&text, utf8, utf8_write(code[i], utf8));
        }
        Text rest = text_in(&text), word;
        for (int i = 0; i < n;) {
            int want = match_at(code, n, i), got = 0;
            assert_true(gpt2_word(&rest, &word));
            while (utf8_next(&word) >= 0)
                got++;
            if (got != want)
                fail_msg("\"%s\": the word at character %d has %d "
                         "characters, not %d",
                         text.at, i, got, want);
            i += got;
        }
        assert_false(gpt2_word(&rest, &word));
        buffer_free(&text);
    }
}

// --- merging ----------------------------------------------------------------

static void both_ways_to_merge_agree(void **state)
{
    (void)state;
    Rng r = rng_new(8);
    for (int round = 0; round < 300; round++) {
        Merges m = merges_new();
        int symbols = 3 + rng_below(&r, 4), top = symbols;
        for (int i = 0; i < 40; i++) {
            int left = rng_below(&r, top), right = rng_below(&r, top);
            if (merges_find(&m, left, right))
                continue;
            // Some ranks are equal, as equal scores are in SentencePiece.
            int rank = rng_below(&r, 2) ? i : rng_below(&r, 5);
            merges_add(&m, (Pair){left, right, rank, top++});
        }
        int a[211], b[211], c[211], n = rng_below(&r, 212);
        for (int i = 0; i < n; i++)
            a[i] = b[i] = c[i] = rng_below(&r, symbols + 1) - 1;
        int by_scan = merge_by_scan(&m, a, n);
        assert_int_equal(merge_by_heap(&m, b, n), by_scan);
        assert_int_equal(merge_pairs(&m, c, n), by_scan);
        assert_memory_equal(a, b, by_scan * sizeof *a);
        assert_memory_equal(a, c, by_scan * sizeof *a);
        merges_free(&m);
    }
}

static void a_long_word_takes_no_time(void **state)
{
    (void)state;
    Tokenizer t = tokenizer_load(GPT2, FIXTURE "small_gpt2_vocab.json",
                                 FIXTURE "small_gpt2_merges.txt");
    // A million letters without a space: with n^2 steps this would not end.
    Buffer text = {0};
    for (int i = 0; i < 250000; i++)
        buffer_add(&text, "ingt", 4);
    assert_comes_back(&t, text_in(&text));
    buffer_free(&text);
    tokenizer_free(&t);
}

static void the_heap_sorts(void **state)
{
    (void)state;
    Rng r = rng_new(9);
    Heap h = {0};
    for (int i = 0; i < 997; i++)
        heap_push(&h, rng_below(&r, 50), rng_below(&r, 50));
    HeapEntry last = {0, 0};
    for (int i = 0; i < 997; i++) {
        HeapEntry e = heap_pop(&h);
        assert_true(last.first < e.first ||
                    (last.first == e.first && last.second <= e.second));
        last = e;
    }
    assert_int_equal(h.n, 0);
    heap_free(&h);
}

static void the_cache_forgets_and_stays_right(void **state)
{
    (void)state;
    WordCache c = {0};
    Ids ids = {0};
    for (int i = 0; i < 100000; i++) {
        char word[16];
        snprintf(word, sizeof word, "w%d", i);
        uint64_t hash = cache_hash(text_of(word));
        assert_false(cache_find(&c, text_of(word), hash, &ids));
        cache_add(&c, text_of(word), hash, (int[]){i, -i}, 2);
        assert_true(cache_find(&c, text_of(word), hash, &ids));
        assert_int_equal(ids.n, 2);
        assert_int_equal(ids.at[1], -i);
        ids.n = 0;
    }
    assert_true(c.words <= 1 << (CACHE_BITS - 1));
    ids_free(&ids);
    cache_free(&c);
}

// --- training ---------------------------------------------------------------

// The plain trainer: before every merge, count all pairs of all words anew.
// Only the definition; nothing is shared with bpe_train.
typedef struct Plain {
    int (*word)[256], *n, words;
    int (*merge)[2], merges;
} Plain;

static bool plain_step(Plain *p, int pieces)
{
    int *count = new_array((size_t)pieces * pieces, sizeof *count);
    int best = 1, left = -1, right = -1;
    for (int w = 0; w < p->words; w++)
        for (int i = 0; i + 1 < p->n[w]; i++)
            count[p->word[w][i] * pieces + p->word[w][i + 1]]++;
    for (int a = 0; a < pieces; a++)
        for (int b = 0; b < pieces; b++)
            if (count[a * pieces + b] > best) {
                best = count[a * pieces + b];
                left = a;
                right = b;
            }
    free(count);
    if (left < 0)
        return false;
    p->merge[p->merges][0] = left;
    p->merge[p->merges++][1] = right;
    for (int w = 0; w < p->words; w++) {
        int kept = 0;
        for (int i = 0; i < p->n[w]; i++) {
            int *s = p->word[w];
            bool here = i + 1 < p->n[w] && s[i] == left && s[i + 1] == right;
            s[kept++] = here ? pieces : s[i];
            i += here;
        }
        p->n[w] = kept;
    }
    return true;
}

static void assert_trains_like_plain(Text text, int merges)
{
    Bpe b = bpe_train(text, merges);
    Plain p = {.word = new_array(text.length + 1, sizeof *p.word),
               .n = new_array(text.length + 1, sizeof *p.n),
               .merge = new_array(merges + 1, sizeof *p.merge)};
    for (Text word; gpt2_word(&text, &word); p.words++) {
        assert_true(word.length <= 256);
        p.n[p.words] = (int)word.length;
        for (size_t i = 0; i < word.length; i++)
            p.word[p.words][i] = b.byte[(uint8_t)word.at[i]];
    }
    while (p.merges < merges && plain_step(&p, 256 + p.merges))
        ;
    assert_int_equal(b.merges, p.merges);
    assert_int_equal(b.vocab.n, 256 + p.merges);
    for (int i = 0; i < p.merges; i++)
        if (b.merge[i].left != p.merge[i][0] ||
            b.merge[i].right != p.merge[i][1])
            fail_msg("merge %d is %d %d, and by counting anew %d %d", i,
                     b.merge[i].left, b.merge[i].right, p.merge[i][0],
                     p.merge[i][1]);
    free(p.word);
    free(p.n);
    free(p.merge);
    bpe_free(&b);
}

static void training_equals_counting_anew(void **state)
{
    (void)state;
    Buffer text = text_read(FIXTURE "small.txt");
    assert_trains_like_plain(text_in(&text), 200);
    assert_trains_like_plain(text_of(""), 5);
    assert_trains_like_plain(text_of("a"), 5);
    // Runs of one letter, where pairs overlap, and few letters, where many
    // pairs are equally frequent.
    Rng r = rng_new(10);
    for (int round = 0; round < 20; round++) {
        text.length = 0;
        for (int i = 0; i < 400; i++)
            buffer_add(&text, &"aaaabbc "[rng_below(&r, 8)], 1);
        assert_trains_like_plain(text_in(&text), 60);
    }
    buffer_free(&text);
}

static void training_by_hand(void **state)
{
    (void)state;
    // u g: 7 times. Then h ug: 3 + 2. Then " " hug: all but the first, 4.
    Bpe b = bpe_train(text_of("hug hug hug pug pug hugs hugs"), INT_MAX);
    static const char *const want[] = {"ug", "hug", "\x20hug"};
    assert_true(b.merges >= 3);
    for (int i = 0; i < 3; i++) {
        Text got = b.vocab.piece[256 + i];
        if (!text_equal(got, want[i]))
            fail_msg("piece %d is \"%s\", not \"%s\"", i, got.at, want[i]);
    }
    bpe_free(&b);
}

static void saved_files_are_read_again(void **state)
{
    (void)state;
    Buffer text = text_read(FIXTURE "small.txt"), v = {0}, m = {0};
    Bpe b = bpe_train(text_in(&text), 150);
    int end = bpe_special(&b, "<|endoftext|>");
    assert_int_equal(end, 256 + b.merges);
    assert_int_equal(bpe_special(&b, "<|endoftext|>"), end);
    const char *dir = testing_dir("tokenizers");
    buffer_print(&v, "%s/v.json", dir);
    buffer_print(&m, "%s/m.txt", dir);
    bpe_save(&b, v.at, m.at);
    Bpe c = bpe_load(v.at, m.at);
    assert_int_equal(c.vocab.n, b.vocab.n);
    assert_int_equal(c.merges, b.merges);
    Ids first = {0}, second = {0};
    buffer_add(&text, "<|endoftext|>", 13);
    bpe_encode(&b, text_in(&text), &first);
    bpe_encode(&c, text_in(&text), &second);
    assert_int_equal(first.n, second.n);
    assert_memory_equal(first.at, second.at, first.n * sizeof *first.at);
    for (int i = 0; i < first.n; i++) // text never gives a special piece
        assert_int_not_equal(first.at[i], end);
    // Fewer merges make no fewer pieces; none make bytes.
    int last = first.n;
    for (int n = 150; n >= 0; n -= 50) {
        Bpe part = bpe_first(&b, n);
        second.n = 0;
        bpe_encode(&part, text_in(&text), &second);
        assert_true(second.n >= last);
        last = second.n;
        bpe_free(&part);
    }
    assert_int_equal(last, text.length);
    ids_free(&first);
    ids_free(&second);
    bpe_free(&b);
    bpe_free(&c);
    buffer_free(&text);
    buffer_free(&v);
    buffer_free(&m);
}

// --- unigram ----------------------------------------------------------------

// The best score of any split of the text, by trying all of them.
static double best_of_all(const SentencePiece *s, Text text)
{
    double best = text.length ? -INFINITY : 0;
    for (size_t n = 1; n <= text.length; n++) {
        int id = vocab_find(&s->vocab, (Text){text.at, n});
        double score = id > 0                              ? s->score[id]
                       : n == first_character(text).length ? s->unknown_score
                                                           : -INFINITY;
        if (score > -INFINITY)
            score += best_of_all(s, (Text){text.at + n, text.length - n});
        if (score > best)
            best = score;
    }
    return best;
}

static void viterbi_finds_the_best_of_all(void **state)
{
    (void)state;
    static const char *const piece[] = {"?",  "a",   "b",  "ab",  "ba",
                                        "bb", "aab", "ac", "bab", "abab"};
    Rng r = rng_new(11);
    for (int round = 0; round < 200; round++) {
        Text list[10];
        float score[10];
        for (int i = 0; i < 10; i++) {
            list[i] = text_of(piece[i]);
            score[i] = -1 - 9 * rng_uniform(&r);
        }
        SentencePiece s;
        assert_null(sentencepiece_unigram(&s, list, score, 10));
        char text[14];
        int n = rng_below(&r, 13);
        for (int i = 0; i < n; i++)
            text[i] = "aaabbbc"[rng_below(&r, 7)];
        Ids ids = {0}, ends = {0};
        unigram_split(&s, (Text){text, n}, &ids, &ends);
        double total = 0;
        for (int i = 0; i < ids.n; i++)
            total += ids.at[i] ? s.score[ids.at[i]] : s.unknown_score;
        assert_true(fabs(total - best_of_all(&s, (Text){text, n})) < 1e-4);
        assert_int_equal(ids.n ? ends.at[ids.n - 1] : 0, n);
        ids_free(&ids);
        ids_free(&ends);
        sentencepiece_free(&s);
    }
}

// Of two splits with the same score, the one whose last piece begins earlier
// is kept, as in Google's library.
static void equal_scores(void **state)
{
    (void)state;
    static const float score[] = {0, -1, -1, -2};
    const Text list[] = {text_of("?"), text_of("a"), text_of("b"),
                         text_of("ab")};
    SentencePiece s;
    assert_null(sentencepiece_unigram(&s, list, score, 4));
    Ids ids = {0};
    unigram_split(&s, text_of("ab"), &ids, NULL);
    assert_int_equal(ids.n, 1);
    assert_int_equal(ids.at[0], 3);
    ids_free(&ids);
    assert_true(s.unknown_score == -12); // the worst score - 10
    sentencepiece_free(&s);
    s = sentencepiece_load(FIXTURE "small_unigram.model");
    float least = 0;
    for (int id = 0; id < s.n; id++)
        least = fminf(least, s.score[id]);
    assert_true(s.unknown_score == least - 10);
    sentencepiece_free(&s);
}

// --- normal forms -----------------------------------------------------------

static void normal_forms(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to[4]; // NFC, NFD, NFKC, NFKD
    } example[] = {
        {"caf\u00e9", {"caf\u00e9", "cafe\u0301", "caf\u00e9", "cafe\u0301"}},
        {"cafe\u0301", {"caf\u00e9", "cafe\u0301", "caf\u00e9", "cafe\u0301"}},
        {"\ufb01\u00b2", {"\ufb01\u00b2", "\ufb01\u00b2", "fi2", "fi2"}},
        {"\uff21", {"\uff21", "\uff21", "A", "A"}},
        {"\u212b", {"\u00c5", "A\u030a", "\u00c5", "A\u030a"}},
        {"\ud55c",
         {"\ud55c", "\u1112\u1161\u11ab", "\ud55c", "\u1112\u1161\u11ab"}},
        {"a\u0307\u0323",
         {"\u1ea1\u0307", "a\u0323\u0307", "\u1ea1\u0307", "a\u0323\u0307"}},
        {"a\xff", {"a\ufffd", "a\ufffd", "a\ufffd", "a\ufffd"}},
    };
    for (size_t i = 0; i < sizeof example / sizeof *example; i++)
        for (int form = NFC; form <= NFKD; form++) {
            Buffer to = {0};
            unicode_normalise(text_of(example[i].from), (NormalForm)form, &to);
            assert_string_equal(to.at, example[i].to[form]);
            buffer_free(&to);
        }
}

// Unicode's PropList.txt gives White_Space to 25 characters.
static void kinds_of_characters(void **state)
{
    (void)state;
    static const int32_t space[] = {
        0x09,   0x0a,   0x0b,   0x0c,   0x0d,   0x20,   0x85,   0xa0,   0x1680,
        0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
        0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
    int n = 0;
    for (int32_t c = 0; c < 0x110000; c++)
        if (unicode_kind(c) == KIND_SPACE)
            assert_int_equal(c, n < 25 ? space[n++] : -1);
    assert_int_equal(n, 25);
    static const int32_t letter[] = {'a',   'Z',    0xaa,  0x1c5,
                                     0x2b0, 0x6771, 0x5d0, 0x1d400};
    for (int i = 0; i < 8; i++)
        assert_int_equal(unicode_kind(letter[i]), KIND_LETTER);
    static const int32_t number[] = {'0', 0xb2, 0x663, 0x2167, 0x3021, 0x1d7d9};
    for (int i = 0; i < 6; i++)
        assert_int_equal(unicode_kind(number[i]), KIND_NUMBER);
    static const int32_t other[] = {'!',    '_',     0x301, 0x200b,
                                    0x20ac, 0x1f642, 0xfffd};
    for (int i = 0; i < 7; i++)
        assert_int_equal(unicode_kind(other[i]), KIND_OTHER);
}

static void words_of_101_characters(void **state)
{
    (void)state;
    WordPiece w;
    assert_null(wordpiece_parse(&w, text_of("[UNK]\n\u03b1\n##\u03b1\n")));
    Buffer text = {0};
    Ids ids = {0};
    for (int i = 0; i < 100; i++)
        buffer_print(&text, "\u03b1"); // two bytes each
    wordpiece_encode(&w, text_in(&text), &ids);
    assert_int_equal(ids.n, 100);
    buffer_print(&text, "\u03b1");
    wordpiece_encode(&w, text_in(&text), &ids);
    assert_int_equal(ids.n, 101);
    assert_int_equal(ids.at[100], w.unknown);
    ids_free(&ids);
    buffer_free(&text);
    wordpiece_free(&w);
}

static void basic_tokenizer(void **state)
{
    (void)state;
    static const char *const example[][2] = {
        {"H\u00e9llo, W\u00d6RLD!", "hello , world ! "},
        {"  two\t\nlines ", "two lines "},
        {"a\u200bb\u00adc\x01"
         "d\ufffd",
         "abcd "},
        {"x\u6771\u4eacy", "x \u6771 \u4eac y "},
        {"a\U0002b820z\U0002ceafb", "a \U0002b820 z \U0002ceaf b "},
        {"it's $5.", "it ' s $ 5 . "},
        {"\u0130", "i "},
        {"", ""},
        {" \u200b ", ""},
    };
    WordPiece w = wordpiece_load(FIXTURE "small_vocab.txt");
    for (size_t i = 0; i < sizeof example / sizeof *example; i++) {
        Buffer to = {0};
        buffer_add(&to, "", 0);
        wordpiece_words(&w, text_of(example[i][0]), &to);
        assert_string_equal(to.at, example[i][1]);
        buffer_free(&to);
    }
    w.lower = false;
    Buffer to = {0};
    wordpiece_words(&w, text_of("H\u00e9llo W"), &to);
    assert_string_equal(to.at, "H\u00e9llo W ");
    buffer_free(&to);
    wordpiece_free(&w);
}

// --- files that are damaged -------------------------------------------------

static void assert_fault(const char *wrong, const char *part)
{
    if (!wrong || !strstr(wrong, part) || strchr(wrong, '\n'))
        fail_msg("want one line with \"%s\", got: %s", part,
                 wrong ? wrong : "no complaint");
}

// The bytes as GPT-2's vocabulary, and then `more` inside the braces.
static void byte_vocab(Buffer *to, const char *more)
{
    buffer_print(to, "{");
    for (int byte = 0; byte < 256; byte++) {
        char c = (char)byte;
        Buffer letter = {0};
        bpe_spell((Text){&c, 1}, &letter);
        bool escaped = byte == '"' || byte == '\\';
        buffer_print(to, "%s\"%s%s\": %d", byte ? ", " : "",
                     escaped ? "\\" : "", letter.at, byte);
        buffer_free(&letter);
    }
    buffer_print(to, "%s}", more);
}

static void bad_gpt2_files(void **state)
{
    (void)state;
    static const char *const example[][3] = {
        {"", "", NULL},
        {", \"ab\": 256", "a b\n", NULL},
        {", \"ab\": 256", "#version: 0.2\r\na b\r\n", NULL},
        {", \"ab\": 256", "a b\na b\n", "line 2: this merge is there twice"},
        {", \"ab\": 256", "a c\n", "line 1: what the two make together"},
        {", \"ab\": 256", "zz b\n", "line 1: the left piece"},
        {", \"ab\": 256", "a \n", "line 1: the right piece"},
        {", \"ab\": 256", "ab\n", "line 1 is not of the form"},
        {", \"ab\": 256", "\na b\n", "line 1 is not of the form"},
        {", \"ab\": 255", "", "255 is given twice"},
        {", \"ab\": 257", "", "no id from 0 to 256"},
        {", \"ab\": -1", "", "no id from 0 to 256"},
        {", \"ab\": 1e300", "", "no id from 0 to 256"},
        {", \"ab\": 25.5", "", "no id from 0 to 256"},
        {", \"ab\": \"x\"", "", "no id from 0 to 256"},
        {", \"a\": 256", "", "piece 256 is there twice"},
        {", \"\": 256", "", "piece 256 is empty"},
        {", \"a\xff\": 256", "", "not valid UTF-8"},
        {", ", "", "not a JSON object"},
    };
    for (size_t i = 0; i < sizeof example / sizeof *example; i++) {
        Buffer vocab = {0};
        Bpe b;
        byte_vocab(&vocab, example[i][0]);
        const char *wrong =
            bpe_parse(&b, text_in(&vocab), text_of(example[i][1]));
        if (example[i][2]) {
            assert_fault(wrong, example[i][2]);
        } else {
            assert_null(wrong);
            bpe_free(&b);
        }
        buffer_free(&vocab);
    }
    Bpe b;
    assert_fault(bpe_parse(&b, text_of(""), text_of("")), "not a JSON object");
    assert_fault(bpe_parse(&b, text_of("[]"), text_of("")), "not a JSON");
    assert_fault(bpe_parse(&b, text_of("{\"a\": 0}"), text_of("")),
                 "no piece for the byte 0x00");
}

// A cut model is refused wherever it is cut.
static void every_cut_of_a_model_is_refused(void **state)
{
    (void)state;
    static const char *const path[] = {FIXTURE "small_bpe.model",
                                       FIXTURE "small_unigram.model"};
    for (int i = 0; i < 2; i++) {
        Buffer model = text_read(path[i]);
        for (size_t n = 0; n < model.length; n += n < 300 ? 1 : 23) {
            // On the heap and no longer than it is, so that a read behind its
            // end is seen.
            char *cut = new_array(n, 1);
            memcpy(cut, model.at, n);
            SentencePiece s;
            const char *wrong = sentencepiece_parse(&s, (Text){cut, n});
            if (!wrong)
                fail_msg("%s cut to %zu bytes is accepted", path[i], n);
            free(cut);
        }
        buffer_free(&model);
    }
}

// Flipped bits may give another model, but never a crash.
static void flipped_bits_do_no_harm(void **state)
{
    (void)state;
    static const char *const path[] = {FIXTURE "small_bpe.model",
                                       FIXTURE "small_unigram.model"};
    Rng r = rng_new(12);
    for (int round = 0; round < 120; round++) {
        Buffer model = text_read(path[round % 2]);
        for (int k = 0; k < 3; k++)
            model.at[rng_below(&r, (int)model.length)] ^=
                (char)(1 << rng_below(&r, 8));
        SentencePiece s;
        if (!sentencepiece_parse(&s, text_in(&model))) {
            Ids ids = {0};
            Buffer back = {0};
            sentencepiece_encode(&s, text_of("The cat \ufb01\uff11 \xff"),
                                 &ids);
            sentencepiece_decode(&s, ids.at, ids.n, &back);
            ids_free(&ids);
            buffer_free(&back);
            sentencepiece_free(&s);
        }
        buffer_free(&model);
    }
}

// A protocol buffer's field with bytes in it.
static void put_field(Buffer *to, int number, Text bytes)
{
    assert_true(number < 16 && bytes.length < 128);
    buffer_add(to, &(char){(char)(number << 3 | 2)}, 1);
    buffer_add(to, &(char){(char)bytes.length}, 1);
    buffer_add(to, bytes.at, bytes.length);
}

static void put_piece(Buffer *to, const char *piece, uint32_t bits, int type)
{
    Buffer message = {0};
    put_field(&message, 1, text_of(piece));
    buffer_add(&message, "\x15", 1);
    buffer_add(&message, &bits, 4);
    buffer_add(&message, (char[]){0x18, (char)type}, 2);
    put_field(to, 1, text_in(&message));
    buffer_free(&message);
}

static void bad_models(void **state)
{
    (void)state;
    enum { ONE = 0x3f800000, NOT_A_NUMBER = 0x7fc00000 };
    static const struct {
        const char *piece;
        uint32_t score;
        int type;
        const char *trainer, *wrong;
    } example[] = {
        {"a", ONE, PIECE_NORMAL, "\x18\x02", NULL},
        {"a", ONE, PIECE_NORMAL, "\x18\x03", "the model type is 3"},
        {"a", ONE, PIECE_NORMAL, "\x18", "the trainer_spec is damaged"},
        {"a", ONE, PIECE_NORMAL, "\x98\x02\x01", "no piece <0x00>"},
        {"?", ONE, PIECE_NORMAL, "\x18\x02", "piece 1 is there twice"},
        {"", ONE, PIECE_NORMAL, "\x18\x02", "piece 1 has 0 bytes"},
        {"\xc3", ONE, PIECE_NORMAL, "\x18\x02", "piece 1 is not valid UTF-8"},
        {"a", NOT_A_NUMBER, PIECE_NORMAL, "\x18\x02", "no finite score"},
        {"a", ONE, PIECE_USER, "\x18\x02", "is of type 4"},
        {"a", ONE, 9, "\x18\x02", "is of type -1"},
        {"a", ONE, PIECE_UNUSED, "\x18\x02", "is unused"},
        {"a", ONE, PIECE_UNKNOWN, "\x18\x02", "both stand for the unknown"},
        {"<0x4>", ONE, PIECE_BYTE, "\x18\x02", "is a byte, but not"},
    };
    for (size_t i = 0; i < sizeof example / sizeof *example; i++) {
        Buffer model = {0};
        SentencePiece s;
        put_piece(&model, "?", 0, PIECE_UNKNOWN);
        put_piece(&model, example[i].piece, example[i].score, example[i].type);
        put_field(&model, 2, text_of(example[i].trainer));
        put_field(&model, 3, text_of("\x18\x01"));
        const char *wrong = sentencepiece_parse(&s, text_in(&model));
        if (example[i].wrong) {
            assert_fault(wrong, example[i].wrong);
        } else {
            assert_null(wrong);
            sentencepiece_free(&s);
        }
        buffer_free(&model);
    }
    SentencePiece s;
    assert_fault(sentencepiece_parse(&s, text_of("")), "the file is empty");
    // A field that says it has 2^63 bytes.
    assert_fault(
        sentencepiece_parse(
            &s, (Text){"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10}),
        "or cut, at byte 0");
    // A number that never ends.
    assert_fault(sentencepiece_parse(&s, text_of("\xff\xff\xff\xff\xff\xff\xff"
                                                 "\xff\xff\xff\xff\xff")),
                 "or cut, at byte 0");
    assert_fault(sentencepiece_parse(&s, text_of("[[\"a\", 0], 1]")),
                 "piece 1 is not a list");
    assert_fault(sentencepiece_parse(&s, text_of("[[\"a\", 0]")),
                 "not a JSON list");
    assert_fault(sentencepiece_parse(&s, text_of("[]")), "holds no pieces");
}

// A piece may reach over the space between two words; then the words must not
// be encoded one by one.
static void a_piece_across_words(void **state)
{
    (void)state;
    static const char *const piece[] = {"\u2581", "a", "b", "a\u2581"};
    Buffer model = {0}, shown = {0};
    Ids ids = {0};
    Tokenizer t = {.scheme = SENTENCEPIECE};
    put_piece(&model, "?", 0, PIECE_UNKNOWN);
    for (int i = 0; i < 4; i++)
        put_piece(&model, piece[i], 0, PIECE_NORMAL);
    put_field(&model, 2, text_of("\x18\x02"));
    put_field(&model, 3, text_of("\x18\x01"));
    assert_null(sentencepiece_parse(&t.sentencepiece, text_in(&model)));
    tokenizer_encode(&t, text_of("a b"), &ids);
    for (int i = 0; i < ids.n; i++) {
        tokenizer_show(&t, ids.at[i], &shown);
        buffer_print(&shown, " ");
    }
    assert_string_equal(shown.at, "\u2581 a\u2581 b ");
    ids_free(&ids);
    buffer_free(&shown);
    buffer_free(&model);
    tokenizer_free(&t);
}

// llama2.c's form of the same vocabulary.
static void bin_of(const SentencePiece *s, Buffer *to)
{
    int32_t longest = 64;
    buffer_add(to, &longest, 4);
    for (int id = 0; id < s->n; id++) {
        Buffer spaced = {0};
        Text p = s->vocab.piece[id];
        for (size_t i = 0; i < p.length; i++)
            if (strncmp(p.at + i, "\u2581", 3) == 0) {
                buffer_add(&spaced, " ", 1);
                i += 2;
            } else {
                buffer_add(&spaced, p.at + i, 1);
            }
        int32_t length = (int32_t)spaced.length;
        buffer_add(to, &s->score[id], 4);
        buffer_add(to, &length, 4);
        buffer_add(to, spaced.at, spaced.length);
        buffer_free(&spaced);
    }
}

static void tokenizer_bin(void **state)
{
    (void)state;
    SentencePiece model = sentencepiece_load(FIXTURE "small_bpe.model");
    Buffer bin = {0};
    bin_of(&model, &bin);
    Tokenizer t = {.scheme = SENTENCEPIECE};
    assert_null(sentencepiece_parse(&t.sentencepiece, text_in(&bin)));
    assert_int_equal(t.sentencepiece.n, model.n);
    assert_int_equal(t.sentencepiece.bos, 1);
    assert_int_equal(t.sentencepiece.eos, 2);
    same_as_reference(&t, FIXTURE "small_bpe.ids");
    tokenizer_free(&t);
    SentencePiece s;
    for (size_t n = 0; n < bin.length; n += 7) {
        const char *wrong = sentencepiece_parse(&s, (Text){bin.at, n});
        if (!wrong) // cut between two pieces: a smaller vocabulary
            sentencepiece_free(&s);
        else
            assert_null(strchr(wrong, '\n'));
    }
    memcpy(bin.at + 8, "\xff\xff\xff\x7f", 4);
    assert_fault(sentencepiece_parse(&s, text_in(&bin)),
                 "piece 0 has 2147483647 bytes");
    memcpy(bin.at + 8, "\xff\xff\xff\xff", 4);
    assert_fault(sentencepiece_parse(&s, text_in(&bin)),
                 "piece 0 has -1 bytes");
    buffer_free(&bin);
    sentencepiece_free(&model);
}

static void wordpiece_files(void **state)
{
    (void)state;
    static const char *const example[][2] = {
        {"", "the file is empty"},
        {"a\nb\n", "no piece [UNK]"},
        {"[UNK]\na\na\n", "piece 2 is there twice"},
        {"[UNK]\n\na\n", "piece 1 is empty"},
        {"[UNK]\n\xff\n", "piece 1 is not valid UTF-8"},
        {"[\"[UNK]\", 3]", "not a string"},
        {"[\"[UNK]\", \"x\"", "not a JSON list"},
        {"[UNK]\r\na\r\n##b", NULL},
        {"[\"[UNK]\",\"\u2581\",\"\u2581"
         "a\",\"b\"]",
         NULL},
    };
    for (size_t i = 0; i < sizeof example / sizeof *example; i++) {
        WordPiece w;
        const char *wrong = wordpiece_parse(&w, text_of(example[i][0]));
        if (example[i][1]) {
            assert_fault(wrong, example[i][1]);
            continue;
        }
        assert_null(wrong);
        Ids ids = {0};
        Buffer back = {0};
        wordpiece_encode(&w, text_of("AB ba"), &ids);
        wordpiece_decode(&w, ids.at, ids.n, &back);
        assert_string_equal(back.at, "ab [UNK]");
        assert_int_equal(ids.n, 3);
        ids_free(&ids);
        buffer_free(&back);
        wordpiece_free(&w);
    }
}

static void load_missing(void *context)
{
    tokenizer_load(*(Scheme *)context, "no/such/file", "no/such/merges");
}

static void load_wrong_kind(void *context)
{
    tokenizer_load(*(Scheme *)context, FIXTURE "small.txt",
                   FIXTURE "small.txt");
}

static void a_bad_file_ends_with_its_name(void **state)
{
    (void)state;
    for (Scheme kind = GPT2; kind <= WORDPIECE; kind++) {
        assert_dies(load_missing, &kind, 1, "no/such/file");
        assert_dies(load_wrong_kind, &kind, 1, FIXTURE "small.txt: ");
    }
}

// --- the program ------------------------------------------------------------

// What a line of the shell prints; F in it stands for the fixtures.
static void prints(const char *line, const char *want)
{
    char got[1000];
    testing_run(got, sizeof got, "F=" FIXTURE "; %s", line);
    assert_string_equal(got, want);
}

static void the_command_line(void **state)
{
    (void)state;
    prints("printf 'The cat\\n\\nThe \\377 end' |"
           "04-tokenizers --encode gpt2 --vocab $F/small_gpt2_vocab.json"
           " --merges $F/small_gpt2_merges.txt |"
           "04-tokenizers --decode gpt2 --vocab $F/small_gpt2_vocab.json"
           " --merges $F/small_gpt2_merges.txt",
           "The cat\n\nThe \xff end\n");
    prints("printf 'The cat' | 04-tokenizers --encode sentencepiece --pieces"
           " --vocab $F/small_bpe.model",
           "\u2581The \u2581cat\n");
    prints("printf 'Counting cats' | 04-tokenizers --encode wordpiece --pieces"
           " --vocab $F/small_vocab.txt",
           "counting c ##at ##s\n");
    prints("printf '1 2\\n1 x' | 04-tokenizers --decode wordpiece"
           " --vocab $F/small_vocab.txt 2>&1 | tail -n 1 | cut -d: -f2-",
           " line 2, column 3: not an id from 0 to 236\n");
    prints("echo 237 | 04-tokenizers --decode wordpiece --vocab "
           "$F/small_vocab.txt 2>&1",
           "04-tokenizers: line 1, column 1: not an id from 0 to 236\n");
    prints("04-tokenizers --encode gpt2 < /dev/null 2> /dev/null; echo $?",
           "2\n");
    prints("04-tokenizers --train 5 < /dev/null 2> /dev/null; echo $?", "2\n");
    prints("printf '1 2\\0 3' | 04-tokenizers --decode wordpiece"
           " --vocab $F/small_vocab.txt 2>&1",
           "04-tokenizers: line 1, column 4: not an id from 0 to 236\n");
    // Options that would do nothing.
    prints("04-tokenizers --quick --text LICENSE 2> /dev/null; echo $?", "2\n");
    prints("04-tokenizers --quick --vocab x 2> /dev/null; echo $?", "2\n");
    prints("04-tokenizers --quick --pieces 2> /dev/null; echo $?", "2\n");
    prints("04-tokenizers --train 5 --encode gpt2 2> /dev/null; echo $?",
           "2\n");
    prints(
        "04-tokenizers --encode wordpiece --vocab /dev/null < /dev/null 2>&1",
        "04-tokenizers: /dev/null: the file is empty\n");
    prints("04-tokenizers --train 5 --text LICENSE --save /dev/null/x 2>&1",
           "04-tokenizers: /dev/null/x_vocab.json: cannot be written: Not a "
           "directory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_gpt2_is_the_reference),
        cmocka_unit_test(small_bpe_is_the_reference),
        cmocka_unit_test(small_unigram_is_the_reference),
        cmocka_unit_test(small_wordpiece_is_the_reference),
        cmocka_unit_test(gpt2_is_the_reference),
        cmocka_unit_test(llama_is_the_reference),
        cmocka_unit_test(bert_is_the_reference),
        cmocka_unit_test(use_lite_is_the_reference),
        cmocka_unit_test(gpt2_gives_any_bytes_back),
        cmocka_unit_test(sentencepiece_gives_unicode_back),
        cmocka_unit_test(wordpiece_gives_words_back),
        cmocka_unit_test(words_follow_the_pattern),
        cmocka_unit_test(both_ways_to_merge_agree),
        cmocka_unit_test(a_long_word_takes_no_time),
        cmocka_unit_test(the_heap_sorts),
        cmocka_unit_test(the_cache_forgets_and_stays_right),
        cmocka_unit_test(training_equals_counting_anew),
        cmocka_unit_test(training_by_hand),
        cmocka_unit_test(saved_files_are_read_again),
        cmocka_unit_test(viterbi_finds_the_best_of_all),
        cmocka_unit_test(equal_scores),
        cmocka_unit_test(normal_forms),
        cmocka_unit_test(kinds_of_characters),
        cmocka_unit_test(words_of_101_characters),
        cmocka_unit_test(basic_tokenizer),
        cmocka_unit_test(bad_gpt2_files),
        cmocka_unit_test(every_cut_of_a_model_is_refused),
        cmocka_unit_test(flipped_bits_do_no_harm),
        cmocka_unit_test(bad_models),
        cmocka_unit_test(a_piece_across_words),
        cmocka_unit_test(tokenizer_bin),
        cmocka_unit_test(wordpiece_files),
        cmocka_unit_test(a_bad_file_ends_with_its_name),
        cmocka_unit_test(the_command_line),
    };
    return cmocka_run_group_tests_name("04-tokenizers", tests, NULL, NULL);
}
