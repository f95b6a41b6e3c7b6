// Tokenizers: what a text becomes before a model sees it.
//
// The program first merges a dozen words by hand; then it learns a vocabulary
// from very short stories and shows what the choices in it do: three ways to
// cut a line with the same pieces, what comes back from ids and what is lost,
// how many pieces a word takes as the vocabulary grows, and how often each
// piece occurs. If the vocabularies of GPT-2, Llama and BERT are there, the
// full run cuts one line with each of them.
//
// With --train, --encode or --decode it is a tool instead: see commands.h.
#include "04-tokenizers/commands.h"
#include "04-tokenizers/show.h"
#include "04-tokenizers/tokenizer.h"
#include "04-tokenizers/unicode.h"
#include "04-tokenizers/words.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/plot.h"
#include "common/progress.h"
#include "data/tales/tales.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Text text_in(const Buffer *b)
{
    return (Text){b->at, b->length};
}

// --- a dozen words, merged by hand ------------------------------------------

static void by_hand(void)
{
    static const char words[] = "sea\nsea\nsea\nsea\nseas\nseas\n"
                                "tea\ntea\ntea\nteas\neast\neast\n";
    printf("Twelve words: sea sea sea sea seas seas tea tea tea teas "
           "east east\n\n");
    Bpe b = bpe_train(text_of(words), 100);
    for (int i = 0; i < b.merges; i++) {
        Text left = b.vocab.piece[b.merge[i].left];
        Text right = b.vocab.piece[b.merge[i].right];
        Bpe now = bpe_first(&b, i + 1);
        Ids ids = {0};
        bpe_encode(&now, text_of(words), &ids);
        printf("  merge %d: %-3s + %-3s the words are now %d symbols\n", i + 1,
               left.at, right.at, ids.n - 12); // 12 ends of lines
        ids_free(&ids);
        bpe_free(&now);
    }
    printf("\n");
    static const char *const unseen[] = {"teas", "seat", "beast"};
    for (int i = 0; i < 3; i++) {
        CutLine line = {.name = unseen[i]};
        Ids ids = {0};
        bpe_encode(&b, text_of(unseen[i]), &ids);
        for (int k = 0; k < ids.n; k++)
            cut_add(&line, b.vocab.piece[ids.at[k]]);
        cut_print(&line, false);
        cut_free(&line);
        ids_free(&ids);
    }
    bpe_free(&b);
}

// --- learning from stories --------------------------------------------------

static void add_tales(Buffer *to, size_t bytes, uint64_t seed)
{
    Rng r = rng_new(seed);
    while (to->length < bytes) {
        tales_story(&r, to);
        buffer_add(to, "\n", 1);
    }
}

static int count_words(Text text)
{
    int n = 0;
    for (Text word; gpt2_word(&text, &word);)
        n++;
    return n;
}

static Bpe learn(Text stories, int merges)
{
    double began = seconds_now();
    Bpe b = bpe_train(stories, merges);
    double took = seconds_now() - began;
    printf("\nLearning from %.1f MB of stories (%d words): %d merges in "
           "~%.2f s\n\n",
           (double)stories.length / 1e6, count_words(stories), b.merges, took);
    for (int first = 1; first <= b.merges; first *= 10) {
        printf("  from merge %4d:", first);
        for (int i = first - 1; i < first + 7 && i < b.merges; i++) {
            Buffer piece = {0};
            bpe_spell(b.vocab.piece[b.merge[i].product], &piece);
            printf(" %s", piece.at);
            buffer_free(&piece);
        }
        printf("\n");
    }
    return b;
}

// --- the same pieces, three ways --------------------------------------------

// How often each piece is used in the text.
static double *count_pieces(Bpe *b, Text text)
{
    Ids ids = {0};
    double *count = new_array(b->vocab.n, sizeof *count);
    bpe_encode(b, text, &ids);
    for (int i = 0; i < ids.n; i++)
        count[ids.at[i]]++;
    ids_free(&ids);
    return count;
}

// The learned pieces as a unigram model: a score is the logarithm of how often
// the piece was used. (SentencePiece would go on from here, leave out what is
// used least, and estimate again.)
static SentencePiece as_unigram(const Bpe *b, const double *count)
{
    Text *piece = new_array(b->vocab.n + 1, sizeof *piece);
    float *score = new_array(b->vocab.n + 1, sizeof *score);
    Buffer *spaced = new_array(b->vocab.n, sizeof *spaced);
    double total = 0;
    for (int id = 0; id < b->vocab.n; id++)
        total += count[id];
    int n = 1;
    piece[0] = text_of("<unk>");
    for (int id = 0; id < b->vocab.n; id++) {
        Text p = b->vocab.piece[id];
        if (utf8_invalid(p) >= 0)
            continue;
        for (size_t i = 0; i < p.length; i++)
            if (p.at[i] == ' ')
                buffer_add(&spaced[id], "\u2581", 3);
            else
                buffer_add(&spaced[id], p.at + i, 1);
        piece[n] = text_in(&spaced[id]);
        score[n++] = (float)log((count[id] + 0.1) / total);
    }
    SentencePiece s;
    const char *wrong = sentencepiece_unigram(&s, piece, score, n);
    check(!wrong, "%s", wrong);
    for (int id = 0; id < b->vocab.n; id++)
        buffer_free(&spaced[id]);
    free(spaced);
    free(piece);
    free(score);
    return s;
}

// The learned pieces as a WordPiece vocabulary: with a space in front they
// begin a word, without one they may do both.
static WordPiece as_wordpiece(const Bpe *b)
{
    Buffer lines = {0};
    Vocab seen = vocab_new();
    buffer_print(&lines, "[UNK]\n");
    for (int id = 0; id < b->vocab.n; id++) {
        Text p = b->vocab.piece[id];
        bool begins = p.length > 1 && p.at[0] == ' ';
        if (utf8_invalid(p) >= 0 || (!begins && p.at[0] <= ' ') ||
            memchr(p.at + begins, ' ', p.length - begins))
            continue; // no part of a word
        Text bare = {p.at + begins, p.length - begins};
        if (!begins)
            buffer_print(&lines, "##%s\n", bare.at);
        if (vocab_find(&seen, bare) < 0) {
            vocab_add(&seen, bare);
            buffer_print(&lines, "%s\n", bare.at);
        }
    }
    WordPiece w;
    const char *wrong = wordpiece_parse(&w, text_in(&lines));
    check(!wrong, "%s", wrong);
    w.lower = false;
    vocab_free(&seen);
    buffer_free(&lines);
    return w;
}

typedef struct Named {
    const char *name;
    Tokenizer t;
} Named;

static CutLine cut(Named *n, Text text)
{
    CutLine line = {.name = n->name};
    Ids ids = {0};
    tokenizer_encode(&n->t, text, &ids);
    for (int i = 0; i < ids.n; i++)
        cut_add(&line, n->t.scheme == GPT2 ? n->t.bpe.vocab.piece[ids.at[i]]
                       : n->t.scheme == SENTENCEPIECE
                           ? n->t.sentencepiece.vocab.piece[ids.at[i]]
                           : n->t.wordpiece.vocab.piece[ids.at[i]]);
    ids_free(&ids);
    return line;
}

// One text cut by each tokenizer, printed and drawn.
static void cut_by_all(Named *list, int n, const char *text, const Run *run,
                       const char *plot)
{
    CutLine *lines = new_array(n, sizeof *lines);
    for (int i = 0; i < n; i++) {
        lines[i] = cut(&list[i], text_of(text));
        cut_print(&lines[i], isatty(STDOUT_FILENO));
    }
    cut_draw(lines, n, run->plots, plot);
    for (int i = 0; i < n; i++)
        cut_free(&lines[i]);
    free(lines);
}

// --- what comes back --------------------------------------------------------

static void comes_back(Named *list, int n)
{
    static const char *const sample[][2] = {
        {"plain words", "The goose was kind."},
        {"two spaces", "The  goose"},
        {"an accent", "na\u00efve"},
        {"Chinese", "\u6771\u4eac"},
        {"an emoji", "\U0001f642"},
        {"half a character", "\xe6\x9d"},
    };
    printf("\nPieces for a text, and whether decoding gives it back:\n\n");
    printf("  %-17s", "");
    for (int i = 0; i < n; i++)
        printf(" %-12s", list[i].name);
    printf("\n");
    for (size_t k = 0; k < sizeof sample / sizeof *sample; k++) {
        Text text = text_of(sample[k][1]);
        printf("  %-17s", sample[k][0]);
        for (int i = 0; i < n; i++) {
            Ids ids = {0};
            Buffer back = {0};
            tokenizer_encode(&list[i].t, text, &ids);
            tokenizer_decode(&list[i].t, ids.at, ids.n, &back);
            bool same = back.length == text.length &&
                        memcmp(back.at, text.at, text.length) == 0;
            printf(" %-3d %-8s", ids.n, same ? "yes" : "lost");
            ids_free(&ids);
            buffer_free(&back);
        }
        printf("\n");
    }
}

static void normal_forms(Bpe *b)
{
    static const char *const name[] = {"NFC", "NFD", "NFKC", "NFKD"};
    // The ligature fi, an e with an acute accent, a full-width 2.
    static const char text[] = "\ufb01anc\u00e9 \uff12";
    printf("\nThe same words in Unicode's four normal forms:\n\n");
    for (int form = NFC; form <= NFKD; form++) {
        Buffer to = {0};
        Ids ids = {0};
        unicode_normalise(text_of(text), (NormalForm)form, &to);
        bpe_encode(b, text_in(&to), &ids);
        int characters = 0;
        for (Text rest = text_in(&to); utf8_next(&rest) >= 0;)
            characters++;
        printf("  %-5s%s: %d characters, %zu bytes, %d pieces\n", name[form],
               to.at, characters, to.length, ids.n);
        buffer_free(&to);
        ids_free(&ids);
    }
}

// --- how large a vocabulary -------------------------------------------------

// A text that is not a story.
static const char other_text[] =
    "The tide is the slow rise and fall of the sea under the attraction of "
    "the moon and, to a lesser degree, of the sun. Since the attraction "
    "weakens with distance, the near side of the earth is pulled more "
    "strongly than its centre, and the centre more strongly than the far "
    "side; hence the water bulges in both directions, and most coasts see "
    "two high tides in about 24 hours and 50 minutes. Where the sun and the "
    "moon act along one line, at new and at full moon, the range is largest. "
    "Narrow bays amplify it: at some harbours the difference between high "
    "and low water exceeds 12 metres, whereas in nearly enclosed basins an "
    "observer without instruments hardly notices any change. Predictions "
    "are computed by adding up periodic terms whose amplitudes were "
    "determined from measurements at the same place.\n";

static double pieces_per_word(Bpe *b, Text text)
{
    Ids ids = {0};
    bpe_encode(b, text, &ids);
    double each = (double)ids.n / count_words(text);
    ids_free(&ids);
    return each;
}

// The same tokenizer with its first 0, 10, 20, 50, ... merges only. Returns
// the pieces per word of new stories with all of them.
static double vocabulary_size(const Bpe *b, Text stories, Text fresh,
                              Text other, const Run *run)
{
    enum { MOST = 24 };
    double size[MOST], known[MOST], unseen[MOST], far[MOST];
    int n = 0;
    printf("\nPieces per word as the vocabulary grows:\n\n"
           "  vocabulary   training text   new stories   other text\n");
    for (int merges = 0; n < MOST; n++) {
        Bpe part = bpe_first(b, merges);
        size[n] = 256 + merges;
        known[n] = pieces_per_word(&part, stories);
        unseen[n] = pieces_per_word(&part, fresh);
        far[n] = pieces_per_word(&part, other);
        bpe_free(&part);
        printf("  %10.0f %15.3f %13.3f %12.3f\n", size[n], known[n], unseen[n],
               far[n]);
        if (merges == b->merges)
            break;
        static const int step[] = {10, 25, 50};
        int ten = 1;
        for (int i = n; i >= 3; i -= 3)
            ten *= 10;
        merges = step[n % 3] * ten;
        if (merges > b->merges)
            merges = b->merges;
    }
    Plot *p = plot_new("Pieces per word", "pieces in the vocabulary",
                       "pieces per word");
    plot_line(p, "stories it was trained on", n + 1, size, known);
    plot_line(p, "new stories", n + 1, size, unseen);
    plot_line(p, "a text of another kind", n + 1, size, far);
    plot_log(p, true, false);
    plot_save(p, run->plots, "pieces_per_word");
    return unseen[n];
}

// --- Zipf's law -------------------------------------------------------------

static int by_falling_count(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

// Sorts the counts and gives the ranks 1, 2, ... of those above 0.
static int rank(double *count, int n, double *to)
{
    int used = 0;
    qsort(count, n, sizeof *count, by_falling_count);
    while (used < n && count[used] > 0) {
        to[used] = used + 1;
        used++;
    }
    return used;
}

static double *count_each_word(Text text, int *n)
{
    Vocab seen = vocab_new();
    double *count = NULL;
    for (Text word; gpt2_word(&text, &word);) {
        int id = vocab_find(&seen, word);
        if (id < 0) {
            id = vocab_add(&seen, word);
            count = grow_array(count, seen.n, sizeof *count);
            count[id] = 0;
        }
        count[id]++;
    }
    *n = seen.n;
    vocab_free(&seen);
    return count;
}

static void zipf(Bpe *b, Text text, const Run *run)
{
    static const int merges[] = {0, 200, INT_MAX};
    Plot *p = plot_new("Zipf's law", "rank", "times in the text");
    int n;
    double *count = count_each_word(text, &n);
    double *place = new_array(n + b->vocab.n, sizeof *place);
    int used = rank(count, n, place);
    printf("\nHow often the 1st, 10th, 100th and 1000th most frequent occurs:\n"
           "\n  %-12s",
           "words");
    for (int r = 1; r <= used && r <= 1000; r *= 10)
        printf(" %8.0f", count[r - 1]);
    plot_line(p, "words", used, place, count);
    free(count);
    for (int i = 0; i < 3; i++) {
        char label[32];
        Bpe part = bpe_first(b, merges[i] < b->merges ? merges[i] : b->merges);
        count = count_pieces(&part, text);
        used = rank(count, b->vocab.n, place);
        snprintf(label, sizeof label, "%d pieces", 256 + part.merges);
        printf("\n  %-12s", label);
        for (int r = 1; r <= used && r <= 1000; r *= 10)
            printf(" %8.0f", count[r - 1]);
        plot_line(p, label, used, place, count);
        free(count);
        bpe_free(&part);
    }
    printf("\n");
    plot_log(p, true, true);
    plot_save(p, run->plots, "zipf");
    free(place);
}

// --- vocabularies of well-known models --------------------------------------

static bool load_real(Named *to, const char *name, Scheme scheme,
                      const Run *run, const char *set, const char *vocab,
                      const char *merges)
{
    const char *path = data_path(run, set, vocab);
    if (!path)
        return false;
    char *first = copy_text(path);
    const char *second = merges ? data_path(run, set, merges) : NULL;
    if (!merges || second)
        *to = (Named){name, tokenizer_load(scheme, first, second)};
    free(first);
    return !merges || second;
}

static void real_ones(const Run *run)
{
    static const char *const line[] = {
        "It's a kind goose, isn't it? 2024 was unforgettable.",
        "Die \u00dcbergr\u00f6\u00dfe war untr\u00f6stlich.",
        "\u6771\u4eac\u3078\u884c\u304d\u307e\u3059\u3002 \U0001f642",
        "for (int i = 0; i < n; i++)    sum += a[i];",
    };
    Named real[4];
    int n = 0;
    n += load_real(&real[n], "GPT-2", GPT2, run, "gpt2-tokenizer",
                   "gpt2_vocab.json", "gpt2_merges.txt");
    n += load_real(&real[n], "Llama 2", SENTENCEPIECE, run, "llama-tokenizer",
                   "tokenizer.model", NULL);
    n += load_real(&real[n], "BERT", WORDPIECE, run, "bert-vocab", "vocab.json",
                   NULL);
    n += load_real(&real[n], "USE-lite", SENTENCEPIECE, run, "use-lite",
                   "vocab.json", NULL);
    if (!n) {
        printf("\nThe vocabularies of GPT-2, Llama and BERT are not here (make "
               "data brings them).\n");
        return;
    }
    printf("\nVocabularies of well-known models:\n");
    for (size_t i = 0; i < sizeof line / sizeof *line; i++) {
        char plot[16];
        snprintf(plot, sizeof plot, "real_%zu", i + 1);
        printf("\n");
        cut_by_all(real, n, line[i], run, plot);
    }
    for (int i = 0; i < n; i++)
        tokenizer_free(&real[i].t);
}

// --- the program ------------------------------------------------------------

static void demonstrate(const Run *run)
{
    enum { MERGES = 2000, FRESH_BYTES = 200000 };
    size_t bytes = run->quick ? 1000000 : 8000000;
    printf("Three tokenizers, built and compared. About %s of memory.\n\n",
           run->quick ? "1 second, 20 MB" : "5 seconds, 70 MB");
    by_hand();
    Buffer stories = {0}, fresh = {0};
    add_tales(&stories, bytes, run->seed);
    add_tales(&fresh, FRESH_BYTES, run->seed + 1);
    Bpe b = learn(text_in(&stories), MERGES);
    double *count = count_pieces(&b, text_in(&stories));
    Named list[] = {
        {"BPE", {.scheme = GPT2, .bpe = b}},
        {"unigram",
         {.scheme = SENTENCEPIECE, .sentencepiece = as_unigram(&b, count)}},
        {"WordPiece", {.scheme = WORDPIECE, .wordpiece = as_wordpiece(&b)}},
    };
    free(count);
    printf("\nThe same pieces, three ways to choose among them:\n\n");
    cut_by_all(list, 3, "The beekeepers were unafraid of thunderstorms.", run,
               "cuts");
    comes_back(list, 3);
    normal_forms(&list[0].t.bpe);
    double each = vocabulary_size(&b, text_in(&stories), text_in(&fresh),
                                  text_of(other_text), run);
    zipf(&b, text_in(&stories), run);
    if (!run->quick)
        real_ones(run);
    printf("\n=> %d pieces: %.2f a word; bytes always come back\n", b.vocab.n,
           each);
    for (int i = 0; i < 3; i++)
        tokenizer_free(&list[i].t);
    buffer_free(&stories);
    buffer_free(&fresh);
}

int main(int argc, char **argv)
{
    static const char schemes[] = "none|gpt2|sentencepiece|wordpiece";
    Commands c = {0};
    const Option own[] = {
        {"train", "N", OPTION_INT, &c.train, 0, INT_MAX, NULL,
         "learn N merges of bytes from --text and write\n"
         "PREFIX_vocab.json and PREFIX_merges.txt"},
        {"text", "FILE", OPTION_TEXT, &c.text, 0, 0, NULL,
         "the text to learn from"},
        {"save", "PREFIX", OPTION_TEXT, &c.save, 0, 0, NULL,
         "where to write what was learned"},
        {"encode", "KIND", OPTION_CHOICE, &c.encode, 0, 0, schemes,
         "text on standard input, a line of ids for each line\n"
         "on standard output"},
        {"decode", "KIND", OPTION_CHOICE, &c.decode, 0, 0, schemes,
         "the other way"},
        {"vocab", "FILE", OPTION_TEXT, &c.vocab, 0, 0, NULL,
         "gpt2: vocab.json; sentencepiece: tokenizer.model,\n"
         "tokenizer.bin or vocab.json; wordpiece: vocab.txt\n"
         "or vocab.json"},
        {"merges", "FILE", OPTION_TEXT, &c.merges, 0, 0, NULL,
         "gpt2: merges.txt"},
        {"pieces", NULL, OPTION_FLAG, &c.pieces, 0, 0, NULL,
         "with --encode: print pieces, not ids"},
        {0}};
    Run run = {0};
    cli_parse(argc, argv,
              "Tokenizers: byte pair encoding, SentencePiece and WordPiece.\n"
              "Learns a vocabulary from stories, cuts text with it in three\n"
              "ways, and shows what each way keeps and what it loses.",
              own, &run);
    if (!commands_run(&c))
        demonstrate(&run);
    return 0;
}
