// How a conversation is written down for the chat models of Llama 2, which were
// tuned on exactly this form: github.com/meta-llama/llama, llama/generation.py.
#ifndef LLAMA2_CHAT_H
#define LLAMA2_CHAT_H

#include "13-llama2/llama_pieces.h"

// Appends the tokens of one turn of the user's, ready for the answer:
//   <s> [INST] <<SYS>>
//   SYSTEM
//   <</SYS>>
//
//   USER [/INST]
// The part from <<SYS>> to the blank line only if `system` is not NULL; that
// belongs into the first turn alone. Before a turn that is not the first the
// end of the answer, </s>, comes first.
void chat_turn(LlamaPieces *p, const char *system, Text user, bool first,
               Ids *to);

#endif
