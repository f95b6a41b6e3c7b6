// Generating: continuing texts token by token, by drawing from the model's
// distribution or by searching for the likeliest continuation.
//
// The one idea: what was said becomes part of what is given. Each step runs
// the whole model over all the text again, for one new token: the simplest
// way, and a wasteful one.
#ifndef GPT_GENERATE_H
#define GPT_GENERATE_H

#include "10-gpt/gpt.h"
#include "10-gpt/sampler.h"

#include "04-tokenizers/vocab.h"

// The scores of what follows the text: V numbers. Of a text longer than the
// context only the last part counts. An empty text is a mistake in the code.
void gpt_scores(const Gpt *m, const Ids *text, float *scores);

// Appends to each of the n texts, all at once, until it has `most` new tokens
// or ends with the token `stop` (-1: none). Each has at least one token.
void gpt_continue(const Gpt *m, Sampler *s, Ids *text, int n, int most,
                  int stop);

// Appends to the text the continuation that a beam search finds to be the
// likeliest: it follows the `beam` likeliest ones so far, and ends when they
// have `most` new tokens, or the best that has ended with `stop` cannot be
// reached by the others any more. Returns the logarithm of its probability.
double gpt_beam(const Gpt *m, Ids *text, int beam, int most, int stop);

#endif
