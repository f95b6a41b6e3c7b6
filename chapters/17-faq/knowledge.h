// A knowledge base: questions, their answers, and other ways to ask them.
//
// The one idea: whatever file it comes from, it is a list of pairs, each of
// which owns a few phrasings: the question itself first, then its paraphrases.
// What is searched later is the list of all phrasings; what is found is the
// pair that owns the best of them.
//
// Lifetime: texts belong to the Knowledge until knowledge_free.
#ifndef FAQ_KNOWLEDGE_H
#define FAQ_KNOWLEDGE_H

#include "common/arena.h"
#include "common/text.h"

// A text of more bytes is no question: it is refused.
enum { PHRASING_MOST = 1 << 16 };

typedef struct Pair {
    Text question, answer;
    int first, end; // its phrasings; `first` is the question
} Pair;

typedef struct Phrasing {
    Text text;
    int owner; // the pair
} Phrasing;

typedef struct Knowledge {
    int n, phrasings;
    Pair *pair;         // n
    Phrasing *phrasing; // by owner, in the order of the file
    Arena memory;
} Knowledge;

// Reads one of these, told by how it begins:
//
//     QUESTION tab ANSWER [tab PARAPHRASE]...        a pair a line (TSV)
//     [{"question": "...", "answer": "...", "paraphrases": ["..."]}]    JSON
//     {"root": {"qapair": [{"question", "answer": [], "rephr": []}]}} StackFAQ
//     text,category                                  banking77's CSV
//
// Several answers are joined, a line each. In StackFAQ paraphrases that are
// null or "*" are left out. In the CSV each category is a pair, its name (with
// blanks for underscores) both question and answer. Dies with one line that
// names the file, the place and what is wrong: no UTF-8, a pair without a
// question or an answer, a question that is there twice, no pair at all.
Knowledge knowledge_load(const char *path);

// The same from memory: NULL, or what is wrong, a text that lives until the
// next call; then *k needs no knowledge_free.
const char *knowledge_parse(Knowledge *k, Text bytes);

void knowledge_free(Knowledge *k);

// A number for the texts of all phrasings and answers, in their order.
uint64_t knowledge_hash(const Knowledge *k);

// The pair with that question, or -1.
int knowledge_find(const Knowledge *k, Text question);

// A file of questions, one a line, empty lines left out; the lines point into
// *all. Dies with one line.
int questions_load(const char *path, Buffer *all, Text **question);

// Cuts one field off *rest, up to a comma or the end of its line, and appends
// it to `to` without its quotes. *last becomes true if its line ends with it.
// NULL, or what is wrong with it. (RFC 4180)
const char *csv_field(Text *rest, Buffer *to, bool *last);

#endif
