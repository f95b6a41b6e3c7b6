// Learning and writing tokenizers; see save_pieces.h and llama_save.h.
#include "13-llama2/save_pieces.h"

#include "13-llama2/llama_save.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

#define SPACE "\u2581" // U+2581 in UTF-8

// Appends t with `from` replaced by `to`.
static void replaced(Buffer *b, Text t, const char *from, const char *to)
{
    const size_t n = strlen(from);
    for (size_t i = 0; i < t.length;) {
        const bool here = t.length - i >= n && !memcmp(t.at + i, from, n);
        if (here)
            buffer_add(b, to, strlen(to));
        else
            buffer_add(b, t.at + i, 1);
        i += here ? n : 1;
    }
}

// --- learning ---------------------------------------------------------------

typedef struct Growing {
    Vocab pieces;
    float *score;
    int *type;
} Growing;

// Adds a piece unless it is there; the score falls with the id, as in Llama 2.
static void grow(Growing *g, Text piece, int type)
{
    if (vocab_find(&g->pieces, piece) >= 0)
        return;
    const int id = vocab_add(&g->pieces, piece);
    g->score = grow_array(g->score, id + 1, sizeof *g->score);
    g->type = grow_array(g->type, id + 1, sizeof *g->type);
    g->score[id] = type == PIECE_NORMAL ? (float)(259 - id) : 0;
    g->type[id] = type;
}

static void grow_first(Growing *g)
{
    grow(g, text_of("<unk>"), PIECE_UNKNOWN);
    grow(g, text_of("<s>"), PIECE_CONTROL);
    grow(g, text_of("</s>"), PIECE_CONTROL);
    for (int i = 0; i < 256; i++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", i);
        grow(g, text_of(name), PIECE_BYTE);
    }
}

static void grow_spaced(Growing *g, Text piece)
{
    Buffer b = {0};
    replaced(&b, piece, " ", SPACE);
    if (b.length <= LONGEST_PIECE)
        grow(g, (Text){b.at, b.length}, PIECE_NORMAL);
    buffer_free(&b);
}

// The single characters of a text, each once; at most so many, the others are
// spelled in bytes. Spaces are among them even if the text has none, since one
// is put in front of every text.
static Vocab characters(Text text, int most)
{
    Vocab v = vocab_new();
    vocab_add(&v, text_of(" "));
    while (text.length && v.n < most) {
        const Text one = first_character(text);
        if (utf8_invalid(one) < 0 && vocab_find(&v, one) < 0)
            vocab_add(&v, one);
        text = (Text){text.at + one.length, text.length - one.length};
    }
    return v;
}

LlamaPieces llama_pieces_learn(Text text, int n)
{
    enum { FIRST = 3 + 256 };
    check(n > FIRST, "%d pieces, but %d are marks and bytes", n, FIRST);
    Vocab chars = characters(text, n - FIRST);
    Bpe b = bpe_train(text, n - FIRST - chars.n);
    Growing g = {.pieces = vocab_new()};
    grow_first(&g);
    for (int i = 0; i < b.merges; i++) {
        const Text piece = b.vocab.piece[b.merge[i].product];
        if (utf8_invalid(piece) < 0)
            grow_spaced(&g, piece);
    }
    for (int i = 0; i < chars.n; i++)
        grow_spaced(&g, chars.piece[i]);
    LlamaPieces p = {0};
    const char *wrong = sentencepiece_bpe(&p.sentencepiece, g.pieces.piece,
                                          g.score, g.type, g.pieces.n, true);
    check(!wrong, "%s", wrong);
    p.n = p.sentencepiece.n;
    p.bos = p.sentencepiece.bos;
    p.eos = p.sentencepiece.eos;
    vocab_free(&g.pieces);
    vocab_free(&chars);
    free(g.score);
    free(g.type);
    bpe_free(&b);
    return p;
}

// --- tokenizer.bin ----------------------------------------------------------

void save_pieces_bin(const SentencePiece *s, const char *path)
{
    Buffer b = {0};
    int32_t longest = 1;
    buffer_add(&b, &longest, 4);
    for (int id = 0; id < s->n; id++) {
        Buffer piece = {0};
        // llama2.c puts line ends around <s> and </s>.
        const char *around = s->type[id] == PIECE_CONTROL ? "\n" : "";
        buffer_print(&piece, "%s", around);
        replaced(&piece, s->vocab.piece[id], SPACE, " ");
        buffer_print(&piece, "%s", around);
        const int32_t n = (int32_t)piece.length;
        longest = n > longest ? n : longest;
        buffer_add(&b, &s->score[id], 4);
        buffer_add(&b, &n, 4);
        buffer_add(&b, piece.at, piece.length);
        buffer_free(&piece);
    }
    memcpy(b.at, &longest, 4);
    text_write(path, b.at, b.length);
    buffer_free(&b);
}

// --- tokenizer.model --------------------------------------------------------
// A protocol buffer; the field numbers are those of sentencepiece_model.proto.

static void put_varint(Buffer *b, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buffer_add(b, &(char){(char)(value | 0x80)}, 1);
    buffer_add(b, &(char){(char)value}, 1);
}

static void put_number(Buffer *b, int field, uint64_t value)
{
    put_varint(b, (uint64_t)field << 3);
    put_varint(b, value);
}

static void put_bytes(Buffer *b, int field, const Buffer *bytes)
{
    put_varint(b, (uint64_t)field << 3 | 2);
    put_varint(b, bytes->length);
    buffer_add(b, bytes->at, bytes->length);
}

static void put_piece(Buffer *b, const SentencePiece *s, int id)
{
    Buffer piece = {0}, text = {0};
    buffer_add(&text, s->vocab.piece[id].at, s->vocab.piece[id].length);
    put_bytes(&piece, 1, &text);
    put_varint(&piece, 2 << 3 | 5); // a float
    buffer_add(&piece, &s->score[id], 4);
    put_number(&piece, 3, s->type[id]);
    put_bytes(b, 1, &piece);
    buffer_free(&text);
    buffer_free(&piece);
}

void save_pieces_model(const SentencePiece *s, const char *path)
{
    Buffer b = {0}, trainer = {0}, normalizer = {0}, name = {0};
    for (int id = 0; id < s->n; id++)
        put_piece(&b, s, id);
    put_number(&trainer, 3, 2);    // model_type: BPE
    put_number(&trainer, 4, s->n); // vocab_size
    put_number(&trainer, 35, 1);   // byte_fallback
    put_bytes(&b, 2, &trainer);
    buffer_print(&name, "identity");
    put_bytes(&normalizer, 1, &name);
    put_number(&normalizer, 3, s->dummy_prefix);
    put_number(&normalizer, 4, 0); // spaces stay as they are
    put_number(&normalizer, 5, 1); // U+2581 for a space
    put_bytes(&b, 3, &normalizer);
    text_write(path, b.at, b.length);
    buffer_free(&b);
    buffer_free(&trainer);
    buffer_free(&normalizer);
    buffer_free(&name);
}

// --- GGUF -------------------------------------------------------------------

void put_pieces_gguf(GgufOut *o, const SentencePiece *s)
{
    int *type = new_array(s->n, sizeof *type);
    for (int i = 0; i < s->n; i++)
        type[i] = s->type[i];
    gguf_put_text(o, "tokenizer.ggml.model", "llama");
    gguf_put_texts(o, "tokenizer.ggml.tokens", s->vocab.piece, s->n);
    gguf_put_floats(o, "tokenizer.ggml.scores", s->score, s->n);
    gguf_put_ints(o, "tokenizer.ggml.token_type", type, s->n);
    if (s->bos >= 0)
        gguf_put_int(o, "tokenizer.ggml.bos_token_id", s->bos);
    if (s->eos >= 0)
        gguf_put_int(o, "tokenizer.ggml.eos_token_id", s->eos);
    if (s->unknown >= 0)
        gguf_put_int(o, "tokenizer.ggml.unknown_token_id", s->unknown);
    gguf_put_bool(o, "tokenizer.ggml.add_bos_token", true);
    gguf_put_bool(o, "tokenizer.ggml.add_space_prefix", s->dummy_prefix);
    free(type);
}
