// The form of a conversation; see chat.h.
//
// <s> and </s> are tokens, not text: whatever a user types, it never becomes
// one of them. [INST] and the rest are plain text.
#include "13-llama2/chat.h"

void chat_turn(LlamaPieces *p, const char *system, Text user, bool first,
               Ids *to)
{
    Buffer b = {0};
    if (!first && p->eos >= 0)
        ids_add(to, p->eos);
    buffer_print(&b, "[INST] ");
    if (system)
        buffer_print(&b, "<<SYS>>\n%s\n<</SYS>>\n\n", system);
    buffer_add(&b, user.at, user.length);
    buffer_print(&b, " [/INST]");
    llama_encode(p, (Text){b.at, b.length}, true, to);
    buffer_free(&b);
}
