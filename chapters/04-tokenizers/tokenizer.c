// One face for three tokenizers; see tokenizer.h.
#include "04-tokenizers/tokenizer.h"

#include "common/check.h"

Tokenizer tokenizer_load(Scheme scheme, const char *vocab, const char *merges)
{
    Tokenizer t = {.scheme = scheme};
    switch (scheme) {
    case GPT2:
        t.bpe = bpe_load(vocab, merges);
        break;
    case SENTENCEPIECE:
        t.sentencepiece = sentencepiece_load(vocab);
        break;
    case WORDPIECE:
        t.wordpiece = wordpiece_load(vocab);
        break;
    }
    return t;
}

void tokenizer_free(Tokenizer *t)
{
    if (t->scheme == GPT2)
        bpe_free(&t->bpe);
    else if (t->scheme == SENTENCEPIECE)
        sentencepiece_free(&t->sentencepiece);
    else
        wordpiece_free(&t->wordpiece);
}

int tokenizer_pieces(const Tokenizer *t)
{
    switch (t->scheme) {
    case GPT2:
        return t->bpe.vocab.n;
    case SENTENCEPIECE:
        return t->sentencepiece.n;
    default:
        return t->wordpiece.vocab.n;
    }
}

void tokenizer_encode(Tokenizer *t, Text text, Ids *to)
{
    if (t->scheme == GPT2)
        bpe_encode(&t->bpe, text, to);
    else if (t->scheme == SENTENCEPIECE)
        sentencepiece_encode(&t->sentencepiece, text, to);
    else
        wordpiece_encode(&t->wordpiece, text, to);
}

void tokenizer_decode(const Tokenizer *t, const int *id, int n, Buffer *to)
{
    if (t->scheme == GPT2)
        bpe_decode(&t->bpe, id, n, to);
    else if (t->scheme == SENTENCEPIECE)
        sentencepiece_decode(&t->sentencepiece, id, n, to);
    else
        wordpiece_decode(&t->wordpiece, id, n, to);
}

void tokenizer_show(const Tokenizer *t, int id, Buffer *to)
{
    check(id >= 0 && id < tokenizer_pieces(t), "id %d of %d", id,
          tokenizer_pieces(t));
    Text piece = t->scheme == GPT2            ? t->bpe.vocab.piece[id]
                 : t->scheme == SENTENCEPIECE ? t->sentencepiece.vocab.piece[id]
                                              : t->wordpiece.vocab.piece[id];
    if (t->scheme == GPT2)
        bpe_spell(piece, to);
    else
        buffer_add(to, piece.at, piece.length);
}
