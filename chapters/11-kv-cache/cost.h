// What generating costs, by formula: operations and bytes. A multiplication
// and an addition are two operations; the small things (norms, softmax, GELU)
// are left out.
#ifndef CHAPTER_11_COST_H
#define CHAPTER_11_COST_H

#include "10-gpt/gpt.h"

// Operations for reading n tokens that stand behind `past` others, of which
// `scored` get the scores of what follows.
double cost_work(const GptShape *s, int n, int past, int scored);

// Bytes of the weights that have to be fetched for it, once for any n.
double cost_weights(const GptShape *s);

// Bytes of keys and values that one row behind `past` others looks at.
double cost_cache(const GptShape *s, int past);

#endif
