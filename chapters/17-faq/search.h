// One search over a knowledge base, by many methods.
//
// The one idea: whatever a method does inside, it gives each question a row of
// scores, one for each pair of the base. So methods can be compared, added up
// and judged by the same few functions.
//
// Lifetime: a Search points to the Knowledge and to the encoders.
#ifndef FAQ_SEARCH_H
#define FAQ_SEARCH_H

#include "17-faq/encoder.h"
#include "17-faq/inverted.h"
#include "17-faq/knowledge.h"

typedef enum Method {
    BY_WORDS,   // TF-IDF of words, the best phrasing counts
    BY_LETTERS, // the same of runs of letters
    BY_BM25,    // BM25 of words, the best phrasing counts
    BY_ANSWERS, // BM25 on the answers
    BY_BOTH,    // BM25 on all phrasings of a pair and its answer as one text
    BY_HYBRID,  // by both + 20 * by letters
    BY_ROWS,    // mean of embedding rows, the best phrasing counts
    BY_USE,     // sentence vectors of USE-lite, the best phrasing counts
    BY_SUM,     // by hybrid + 20 * USE-lite
    BY_RANKS, // reciprocal ranks: by letters, by both, USE-lite if it is there
    BY_OWN,   // the encoder of our own (contrast.h)
    METHODS
} Method;

// As the table shows them, and as --method takes them, after "auto" for none.
extern const char *const method_titles[METHODS];
extern const char *const method_words;

typedef enum EncoderKind { ROWS, USE, OWN, ENCODERS } EncoderKind;

typedef struct Search {
    const Knowledge *k;
    int items;   // phrasings that are searched
    Text *item;  // items
    int *owner;  // items
    int *place;  // items: which phrasing of k it is
    Buffer *all; // of each pair: what BY_BOTH reads
    Inverted words, letters, answers, both;
    Bm25 bm25;
    const Encoder *encoder[ENCODERS]; // or NULL
    const float *known[ENCODERS];     // vectors of all phrasings of k, or NULL
    float *vector[ENCODERS];          // of the items, made when first needed
    const struct ContrastRecipe *own; // how OWN was taught, or NULL
} Search;

// The vectors of all phrasings of k, for Search.known, for the caller to free;
// keep and kept_before as kept and kept_before of encode_texts.
float *known_vectors(const Encoder *e, const Knowledge *k, const char *keep,
                     bool *kept_before);

// Searches the phrasings for which in[i] is true; in NULL: all of them.
Search search_new(const Knowledge *k, const bool *in);
void search_free(Search *s);

// Has it the encoders that the method needs?
bool search_can(const Search *s, Method m);

// Scores of all pairs for each of n questions: n x pairs.
void search_scores(Search *s, Method m, const Text *question, int n,
                   float *score);

// The phrasing of that pair that is most like the question, by letters.
int search_phrasing(const Search *s, Text question, int pair);

#endif
