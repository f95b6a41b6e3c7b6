// Trials: some phrasings of a knowledge base are searched, others are asked.
//
// The one idea: who asked a question is known for each phrasing, it is the pair
// that owns it. So every phrasing that is not searched is a question with its
// right answer beside it; and if its pair is taken away, a question that has
// none.
//
// Lifetime: as the Search in it.
#ifndef FAQ_TRIAL_H
#define FAQ_TRIAL_H

#include "17-faq/contrast.h"
#include "17-faq/search.h"
#include "17-faq/verdict.h"

typedef struct Trial {
    Search search;
    int n;          // questions
    Text *question; // n
    int *right;     // the pair of each
} Trial;

// Searches the phrasings in[i], asks those with asked[i].
Trial trial_new(const Knowledge *k, const bool *in, const bool *asked);

// Searches all questions and, of the paraphrases, none (part < 0) or those with
// even (part 0) or odd (part 1) places; asks all other paraphrases.
Trial trial_part(const Knowledge *k, int part);
void trial_free(Trial *t);

// The rank of the right pair for each question.
void trial_ranks(Trial *t, Method m, int *rank);

// Of each question: 1 / rank into reciprocal, 1 or 0 into first (either may be
// NULL); returns R@1, R@5 and MRR.
Found trial_found(Trial *t, Method m, double *first, double *reciprocal);

// R@1 when each pair is searched by its question and `extra` paraphrases and
// another one of its paraphrases is asked, as `like` searches; the mean over up
// to five rounds with other paraphrases. Pairs with fewer than extra + 1 are
// not asked.
double trial_with_phrasings(const Search *like, Method m, int extra);

// The share of the words of a phrasing that its pair's question has, each
// counted with its idf.
double shared_words(const Inverted *words, Text asked, Text question);

// --- knowing when to be silent ----------------------------------------------

// How sure a search is of its best pair.
typedef enum Sureness {
    SURE_SCORE,  // the best score
    SURE_MARGIN, // the best score less the second
    SURENESSES
} Sureness;
extern const char *const sureness_names[SURENESSES];

// The best of n scores and how sure it is. If without >= 0, that pair is not
// there.
int surest(const float *score, int n, Sureness how, int without, float *sure);

// Outcomes of all questions of the trial whose pair has that parity (0 even, 1
// odd, -1 all), and then of the same questions with their pair taken away,
// which nothing answers. Returns how many; o has room for 2 * t->n.
int trial_outcomes(Trial *t, Method m, Sureness how, int parity, Outcome *o);

// Outcomes of n questions that nothing answers.
void outside_outcomes(Trial *t, Method m, Sureness how, const Text *question,
                      int n, Outcome *o);

// The threshold for answering as `like` does from its whole knowledge base:
// half of the paraphrases are asked (at most 1,000), the other half and the
// questions searched, and the other way round, with and without their pairs.
// An encoder of our own is taught anew by each half, if like->own says how: of
// what it has seen it is too sure. -INFINITY if there are no paraphrases to
// learn the threshold from. The second function gives the outcomes themselves,
// in new memory, and how many there are.
float calibrate(const Search *like, Method m, Sureness how, double cost);
Outcome *calibration_outcomes(const Search *like, Method m, Sureness how,
                              int *n);

// Lets a trial use the encoders and the known vectors of a search.
void trial_equip(Trial *t, const Search *like);

// Teaches an encoder by what the trial searches, so that it has not seen what
// is asked, and lets the trial use it. Both are to live as long; *own is to be
// freed.
void trial_teach(Trial *t, const ContrastRecipe *recipe, Contrast *own,
                 Encoder *e);

#endif
