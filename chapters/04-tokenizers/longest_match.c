// Covering a word by the longest pieces; see wordpiece.h.
#include "04-tokenizers/wordpiece.h"

// The longest piece that begins at the front of the text, walking down the
// trie from `node`: its length, or 0.
static size_t longest_piece(const Vocab *v, int node, Text text, int *id)
{
    size_t longest = 0;
    for (size_t i = 0; i < text.length; i++) {
        node = vocab_step(v, node, text.at[i]);
        if (node < 0)
            break;
        if (v->end[node] >= 0) {
            *id = v->end[node];
            longest = i + 1;
        }
    }
    return longest;
}

static size_t characters(Text text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.length; i++)
        n += (text.at[i] & 0xc0) != 0x80;
    return n;
}

void longest_match(const WordPiece *w, Text word, Ids *to)
{
    int before = to->n, node = 0, id = -1;
    Text rest = word;
    if (word.length > w->most && characters(word) > w->most) {
        ids_add(to, w->unknown);
        return;
    }
    while (rest.length) {
        size_t n = node < 0 ? 0 : longest_piece(&w->vocab, node, rest, &id);
        if (!n) {
            to->n = before;
            ids_add(to, w->unknown);
            return;
        }
        ids_add(to, id);
        rest = (Text){rest.at + n, rest.length - n};
        node = w->inside;
    }
}
