// How fast the three tokenizers encode 10 MB of text, line by line on one
// thread, against the libraries that everybody uses: the Rust tokenizers of
// Hugging Face (for GPT-2 and BERT) and Google's SentencePiece (for Llama).
// All give the same ids; fixture/reference.* shows it.
//
// Needs the vocabularies (make data). The peers are programs of their own,
// bench_peer.mjs and bench_peer.py.
#include "04-tokenizers/tokenizer.h"

#include "common/bench.h"
#include "common/brown.h"
#include "common/check.h"
#include "common/cli.h"
#include "data/tales/tales.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DIR     "build/bench/"
#define TEXT    DIR "encode.txt"
#define HERE    "chapters/04-tokenizers/"
#define SECONDS 30
enum { BYTES = 10000000 };

// --- the text ---------------------------------------------------------------

static void add_file(Buffer *to, const char *set, const char *file)
{
    Run run = {.data = getenv("DATA_MIRROR")};
    const char *path = data_path(&run, set, file);
    if (!path)
        return;
    Buffer b = text_read(path);
    buffer_add(to, b.at, b.length);
    buffer_free(&b);
}

// Real text in two languages as far as it is there, and then stories.
static Buffer make_text(void)
{
    const Run run = {.data = getenv("DATA_MIRROR")};
    Buffer text = {0};
    for (const char *genre = BROWN_GENRES; *genre; genre++)
        for (int i = 1; i <= BROWN_MOST; i++)
            brown_document(&run, *genre, i, &text);
    add_file(&text, "tinyshakespeare", "input.txt");
    add_file(&text, "multi30k", "train.de.gz");
    add_file(&text, "multi30k", "train.en.gz");
    Rng r = rng_new(1);
    while (text.length < BYTES) {
        tales_story(&r, &text);
        buffer_add(&text, "\n", 1);
    }
    text.length = (char *)memrchr(text.at, '\n', BYTES) + 1 - text.at;
    mkdir("build", 0777);
    mkdir(DIR, 0777);
    text_write(TEXT, text.at, text.length);
    return text;
}

// --- the race ---------------------------------------------------------------

typedef struct Work {
    Tokenizer t;
    Text text;
    Ids ids;
} Work;

static void encode_lines(void *context)
{
    Work *w = context;
    Text rest = w->text;
    w->ids.n = 0;
    for (Text line; text_line(&rest, &line);)
        tokenizer_encode(&w->t, line, &w->ids);
}

static void race(const char *row, Work *w, const char *const *peer_command,
                 const char *name)
{
    BenchPeer peer;
    bool there = bench_peer_start(&peer, peer_command);
    Bench racer[2] = {{.run = encode_lines, .context = w},
                      {.run = bench_peer_turn, .context = &peer}};
    bench_race(racer, 1 + there, SECONDS);
    double mb = (double)w->text.length / 1e6;
    char what[128];
    snprintf(what, sizeof what, "10 MB on one thread, against %s%s", name,
             there ? "" : " (not installed)");
    bench_row(row, mb / racer[0].seconds, there ? mb / racer[1].seconds : 0,
              "MB/s", what);
    if (there)
        bench_peer_end(&peer);
}

// A copy of the path of a real file, or NULL.
static char *real(const char *set, const char *file)
{
    Run run = {.data = getenv("DATA_MIRROR")};
    const char *path = data_path(&run, set, file);
    return path ? copy_text(path) : NULL;
}

static void without(const char *row, const char *set)
{
    char what[96];
    snprintf(what, sizeof what, "not measured: needs make data NAME=%s", set);
    bench_row(row, 0, 0, "MB/s", what);
}

static void bench_gpt2(const char *row, Text text)
{
    char *vocab = real("gpt2-tokenizer", "gpt2_vocab.json");
    char *merges = real("gpt2-tokenizer", "gpt2_merges.txt");
    if (!bench_wanted(row))
        return;
    if (vocab && merges) {
        Work w = {tokenizer_load(GPT2, vocab, merges), text, {0}};
        race(row, &w,
             (const char *[]){"node", HERE "bench_peer.mjs", TEXT, vocab,
                              merges, NULL},
             "Hugging Face tokenizers (GPT-2)");
    } else {
        without(row, "gpt2-tokenizer");
    }
}

static void bench_llama(const char *row, Text text)
{
    char *model = real("llama-tokenizer", "tokenizer.model");
    if (!bench_wanted(row))
        return;
    if (model) {
        Work w = {tokenizer_load(SENTENCEPIECE, model, NULL), text, {0}};
        race(row, &w,
             (const char *[]){"/usr/bin/python3", HERE "bench_peer.py", TEXT,
                              model, NULL},
             "Google's SentencePiece (Llama 2)");
    } else {
        without(row, "llama-tokenizer");
    }
}

static void bench_bert(const char *row, Text text)
{
    char *vocab = real("bert-vocab", "vocab.json");
    if (!bench_wanted(row))
        return;
    if (vocab) {
        Work w = {tokenizer_load(WORDPIECE, vocab, NULL), text, {0}};
        Buffer lines = {0}; // the peer reads a vocab.txt
        for (int id = 0; id < w.t.wordpiece.vocab.n; id++)
            buffer_print(&lines, "%s\n", w.t.wordpiece.vocab.piece[id].at);
        text_write(DIR "bert.txt", lines.at, lines.length);
        race(row, &w,
             (const char *[]){"node", HERE "bench_peer.mjs", TEXT,
                              DIR "bert.txt", NULL},
             "Hugging Face tokenizers (BERT)");
    } else {
        without(row, "bert-vocab");
    }
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    setenv("RAYON_NUM_THREADS", "1", 1); // the peers' threads
    setenv("TOKENIZERS_PARALLELISM", "false", 1);
    Buffer text = make_text();
    bench_gpt2("bpe-encode", (Text){text.at, text.length});
    bench_llama("sentencepiece-encode", (Text){text.at, text.length});
    bench_bert("wordpiece-encode", (Text){text.at, text.length});
    return 0;
}
