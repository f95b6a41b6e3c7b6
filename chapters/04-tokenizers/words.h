// Pre-tokenisation: cutting a text into words before anything is counted or
// merged, so that no piece ever reaches from one word into the next.
//
// The words of GPT-2 (Radford et al. 2019) are defined by a regular expression
// over Unicode's classes, tried from left to right at each place:
//
//     's|'t|'re|'ve|'m|'ll|'d      the ends of English contractions
//     | ?\p{L}+                    letters, with one space before them
//     | ?\p{N}+                    numbers
//     | ?[^\s\p{L}\p{N}]+          anything else that is not white space
//     |\s+(?!\S)                   white space, but its last character only
//     |\s+                         if nothing else follows
//
// The parts together are the text: nothing is dropped.
#ifndef TOKENIZERS_WORDS_H
#define TOKENIZERS_WORDS_H

#include "common/text.h"

// Cuts the next word off *rest; false at the end. Bytes that are no UTF-8
// count as "anything else".
bool gpt2_word(Text *rest, Text *word);

#endif
