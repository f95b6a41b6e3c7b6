// Fuzzing WordPiece: any bytes are read as a vocabulary or refused; what was
// read encodes any text, and without [UNK] the words of the basic tokenizer
// come back. The input is VOCAB, a zero, TEXT.
#include "04-tokenizers/wordpiece.h"

#include "common/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void go_round(WordPiece *w, Text text)
{
    Ids ids = {0};
    Buffer words = {0}, back = {0};
    bool exact = true;
    wordpiece_words(w, text, &words);
    wordpiece_encode(w, text, &ids);
    wordpiece_decode(w, ids.at, ids.n, &back);
    for (int i = 0; i < ids.n; i++) // a word that is itself "##..." is glued
        exact &= ids.at[i] != w->unknown;
    exact &= !words.length || !memmem(words.at, words.length, "##", 2);
    if (exact && words.length)
        check(back.length == words.length - 1 &&
                  memcmp(back.at, words.at, back.length) == 0,
              "\"%s\" came back as \"%s\"", words.at, back.at);
    ids_free(&ids);
    buffer_free(&words);
    buffer_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *zero = memchr(at, 0, size);
    size_t n = zero ? (size_t)(zero - at) : size;
    WordPiece w;
    if (!wordpiece_parse(&w, (Text){at, n})) {
        go_round(&w, (Text){at + n, size - n});
        wordpiece_free(&w);
    }
    return 0;
}
