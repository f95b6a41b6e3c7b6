// What a character is: the few questions that tokenizers ask Unicode, and its
// normal forms. The answers come from the tables of utf8proc (Unicode 15).
//
// The one idea: the same text can be written as different code points, and a
// tokenizer sees only code points. U+00E9 and U+0065 U+0301 are both "e with
// an acute accent"; NFC makes the first of them, NFD the second. NFKC and NFKD
// also replace what is only a typographic variant (a ligature, a full-width
// letter) by the plain form (Unicode Standard Annex 15).
#ifndef TOKENIZERS_UNICODE_H
#define TOKENIZERS_UNICODE_H

#include "common/text.h"

// The classes of GPT-2's pattern: \p{L}, \p{N}, \s (the property White_Space),
// and all else.
typedef enum CharKind {
    KIND_OTHER,
    KIND_LETTER,
    KIND_NUMBER,
    KIND_SPACE
} CharKind;

CharKind unicode_kind(int32_t code);

// The general categories P*, and Cc or Cf or Co, and Mn.
bool unicode_punctuation(int32_t code);
bool unicode_control(int32_t code);
bool unicode_mark(int32_t code);

int32_t unicode_lower(int32_t code); // itself if it has no lower case

// The canonical decomposition (NFD) of one character: writes its code points
// to `to` and returns how many there are.
enum { UNICODE_PARTS = 16 };
int unicode_parts(int32_t code, int32_t to[UNICODE_PARTS]);

typedef enum NormalForm { NFC, NFD, NFKC, NFKD } NormalForm;

// Appends the text in that normal form to `to`. Bytes that are no UTF-8 become
// U+FFFD first.
void unicode_normalise(Text text, NormalForm form, Buffer *to);

#endif
