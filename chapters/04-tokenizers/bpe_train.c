// Learning the merges (Sennrich, Haddow and Birch 2016, algorithm 1), without
// counting everything anew for each of them.
//
// The one idea: a merge changes only the words in which its pair stands. So
// each pair remembers its words; after a merge only those words are taken out
// of the counts, rewritten, and put back in. The pair to merge next comes from
// a heap. 32,000 merges of the Brown corpus, 6 MB of text, take less than a
// second.
#include "04-tokenizers/bpe.h"

#include "04-tokenizers/words.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

typedef struct Word {
    int start, n;  // its symbols: trainer->symbol[start .. start + n - 1]
    int64_t count; // how often the word is in the text
} Word;

typedef struct Tally {
    int left, right;
    int64_t count; // how often the pair is in the text
    Ids words;     // where it was seen; some no longer have it
} Tally;

typedef struct Trainer {
    Word *word;
    int words;
    int *symbol;
    Tally *tally; // one for each pair ever seen
    int tallies, room;
    Merges number; // pair -> its place in tally, as `product`
    Heap heap;     // pairs by falling count
} Trainer;

// --- the words of the text --------------------------------------------------

// Each different word once, with its count and its bytes as symbols.
static void count_words(Trainer *t, Text text, const int byte[256])
{
    Vocab seen = vocab_new();
    int64_t *count = NULL;
    int room = 0;
    size_t symbols = 0;
    for (Text word; gpt2_word(&text, &word);) {
        int id = vocab_find(&seen, word);
        if (id < 0) {
            id = vocab_add(&seen, word);
            symbols += word.length;
            if (id == room) {
                room = room ? 2 * room : 1024;
                count = grow_array(count, room, sizeof *count);
            }
            count[id] = 0;
        }
        count[id]++;
    }
    check(symbols < INT32_MAX, "%zu bytes of different words", symbols);
    t->words = seen.n;
    t->word = new_array(seen.n + 1, sizeof *t->word);
    t->symbol = new_array(symbols + 1, sizeof *t->symbol);
    int at = 0;
    for (int id = 0; id < seen.n; id++) {
        Text word = seen.piece[id];
        t->word[id] = (Word){at, (int)word.length, count[id]};
        for (size_t i = 0; i < word.length; i++)
            t->symbol[at++] = byte[(uint8_t)word.at[i]];
    }
    free(count);
    vocab_free(&seen);
}

// --- the counts of pairs ----------------------------------------------------

static Tally *tally_of(Trainer *t, int left, int right)
{
    const Pair *known = merges_find(&t->number, left, right);
    if (known)
        return &t->tally[known->product];
    if (t->tallies == t->room) {
        t->room = t->room ? 2 * t->room : 1024;
        t->tally = grow_array(t->tally, t->room, sizeof *t->tally);
    }
    merges_add(&t->number, (Pair){left, right, 0, t->tallies});
    t->tally[t->tallies] = (Tally){.left = left, .right = right};
    return &t->tally[t->tallies++];
}

// The most frequent pair comes out of the heap first; of equal ones that with
// the smaller left id, then the smaller right id.
static void push_tally(Trainer *t, const Tally *p)
{
    heap_push(&t->heap, ~(uint64_t)p->count,
              (uint64_t)p->left << 32 | (uint32_t)p->right);
}

static void take_out(Trainer *t, const Word *w)
{
    for (int i = w->start; i + 1 < w->start + w->n; i++)
        tally_of(t, t->symbol[i], t->symbol[i + 1])->count -= w->count;
}

// `fresh` is the symbol that is new in the word, or -1 if all of them are:
// only pairs with it need to remember the word.
static void put_in(Trainer *t, const Word *w, int fresh)
{
    int me = (int)(w - t->word);
    for (int i = w->start; i + 1 < w->start + w->n; i++) {
        int left = t->symbol[i], right = t->symbol[i + 1];
        Tally *p = tally_of(t, left, right);
        p->count += w->count;
        if (fresh >= 0 && left != fresh && right != fresh)
            continue;
        if (!p->words.n || p->words.at[p->words.n - 1] != me)
            ids_add(&p->words, me);
    }
}

// Writes `product` for every "left right" in the word, from left to right;
// true if there was one.
static bool rewrite(int *symbol, Word *w, int left, int right, int product)
{
    int *s = symbol + w->start, kept = 0, before = w->n;
    for (int i = 0; i < before; i++) {
        bool here = i + 1 < before && s[i] == left && s[i + 1] == right;
        s[kept++] = here ? product : s[i];
        i += here;
    }
    w->n = kept;
    return kept < before;
}

static bool has_pair(const int *symbol, const Word *w, int left, int right)
{
    for (int i = w->start; i + 1 < w->start + w->n; i++)
        if (symbol[i] == left && symbol[i + 1] == right)
            return true;
    return false;
}

// --- learning ---------------------------------------------------------------

// Takes the pair out of the heap that is most frequent now; NULL if none
// occurs twice. An entry with an older count goes back with the right one.
static Tally *best_pair(Trainer *t)
{
    while (t->heap.n) {
        HeapEntry top = heap_pop(&t->heap);
        Tally *p =
            tally_of(t, (int)(top.second >> 32), (int)(uint32_t)top.second);
        int64_t count = (int64_t)~top.first;
        if (p->count == count && count >= 2)
            return p;
        if (p->count < count && p->count >= 2)
            push_tally(t, p);
    }
    return NULL;
}

static void apply(Trainer *t, int left, int right, int product)
{
    // The list is taken away from the pair: it will not stand anywhere again.
    Tally *pair = tally_of(t, left, right);
    Ids words = pair->words;
    pair->words = (Ids){0};
    int first_new = t->tallies;
    for (int i = 0; i < words.n; i++) {
        Word *w = &t->word[words.at[i]];
        if (!has_pair(t->symbol, w, left, right))
            continue;
        take_out(t, w);
        rewrite(t->symbol, w, left, right, product);
        put_in(t, w, product);
    }
    for (int i = first_new; i < t->tallies; i++)
        push_tally(t, &t->tally[i]);
    ids_free(&words);
}

// The new piece "left right". No two merges give the same bytes: what happens
// inside a stretch of text that ends up as one piece does not depend on what
// is around it, so the same bytes always come together in the same way.
static int join(Vocab *v, int left, int right)
{
    Text a = v->piece[left], b = v->piece[right];
    Buffer both = {0};
    buffer_add(&both, a.at, a.length);
    buffer_add(&both, b.at, b.length);
    Text piece = {both.at, both.length};
    check(vocab_find(v, piece) < 0, "merge %d makes a piece twice", v->n - 256);
    int id = vocab_add(v, piece);
    buffer_free(&both);
    return id;
}

static Trainer trainer_new(Text text, const int byte[256])
{
    Trainer t = {.number = merges_new()};
    count_words(&t, text, byte);
    for (int i = 0; i < t.words; i++)
        put_in(&t, &t.word[i], -1);
    for (int i = 0; i < t.tallies; i++)
        push_tally(&t, &t.tally[i]);
    return t;
}

static void trainer_free(Trainer *t)
{
    for (int i = 0; i < t->tallies; i++)
        ids_free(&t->tally[i].words);
    free(t->tally);
    free(t->word);
    free(t->symbol);
    merges_free(&t->number);
    heap_free(&t->heap);
}

Bpe bpe_train(Text text, int merges)
{
    check(merges >= 0, "bpe_train: %d merges", merges);
    if ((size_t)merges > text.length) // each makes the text shorter
        merges = (int)text.length;
    Bpe b = bpe_bytes();
    b.merge = grow_array(b.merge, (size_t)merges + 1, sizeof *b.merge);
    Trainer t = trainer_new(text, b.byte);
    while (b.merges < merges) {
        const Tally *best = best_pair(&t);
        if (!best)
            break;
        int left = best->left, right = best->right;
        int product = join(&b.vocab, left, right);
        Pair merge = {left, right, b.merges, product};
        b.merge[b.merges++] = merge;
        merges_add(&b.table, merge);
        apply(&t, left, right, product);
    }
    trainer_free(&t);
    return b;
}
