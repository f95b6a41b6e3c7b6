// A conversation (30 minutes)
//
// The chat models of Llama 2 have only ever seen conversations in one form, and
// answer well only in that form (Meta's program: llama/generation.py in
// github.com/meta-llama/llama):
//
//   <s>[INST] <<SYS>>
//   Answer in rhymes.
//   <</SYS>>
//
//   Who are you? [/INST] I am a llama, and no drama. </s><s>[INST] Why? [/INST]
//
// <s> and </s> are single tokens; all else is text. The system's words stand
// within the first turn. Each turn begins with <s>, and each answer ends with
// </s>: but the program stops writing when the model says </s>, so that nobody
// has put it there yet when the next turn comes.
//
// Write the function that appends one turn of the user's. Its contract is in
// chapters/13-llama2/chat.h. Mind the blanks and line ends: encode the text of
// a turn in one go, since a tokenizer cuts two halves in another way than the
// whole. With `make run-13 MINE=1` --chat speaks in your form.
#include "13-llama2/chat.h"

void chat_turn(LlamaPieces *p, const char *system, Text user, bool first,
               Ids *to)
{
    // TODO: </s> unless it is the first turn (p->eos, if there is one); then
    // llama_encode, which puts <s> in front, on the text of the turn.
    (void)system, (void)first;
    llama_encode(p, user, true, to);
    // END
}
