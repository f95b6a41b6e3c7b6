// A different split every time (an evening)
//
// A unigram model gives every split of a text a probability: the product of the
// probabilities of its pieces, which are exp(score). Viterbi's algorithm finds
// the best split. Kudo (2018) trains models on splits drawn at random instead,
// a new one each time a sentence is met: the model then knows words also from
// their parts, and makes fewer mistakes on rare ones. He calls it subword
// regularisation.
//
// Draw a split of the text, so that a split with the pieces p1 ... pk is drawn
// with a probability proportional to exp(alpha * (score(p1) + ... +
// score(pk))). alpha = 1 is the model itself, alpha = 0 makes all splits
// equally likely, a large alpha nearly always gives Viterbi's. There are
// exponentially many splits, but two passes are enough:
//
// 1. Forward: for each place, the sum of the weights of all ways to get there
//    from the start. Weights of long texts are smaller than any double, so keep
//    their logarithms: log(exp(a) + exp(b)) = max + log(1 + exp(-|a - b|)).
// 2. Backward: from the end, choose the last piece among those that end there,
//    with a probability proportional to (the sum where it begins) * (its own
//    weight); go to where it begins; again.
//
// The text is normalised already. It may be cut only between characters. As in
// the chapter, a character that is no piece by itself may also be one unknown
// piece, id s->unknown with the score s->unknown_score; pieces are those whose
// type is PIECE_NORMAL. Append the ids in the order of the text.
#include "4_sample_split.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

// The score of the piece from byte `from` to byte `to` of the text, its id in
// *id; -INFINITY if there is none.
static double score_of(const SentencePiece *s, Text text, size_t from,
                       size_t to, int *id)
{
    Text piece = {text.at + from, to - from};
    Text rest = {text.at + from, text.length - from};
    *id = vocab_find(&s->vocab, piece);
    if (*id >= 0 && s->type[*id] == PIECE_NORMAL)
        return s->score[*id];
    *id = s->unknown;
    bool one = first_character(rest).length == piece.length;
    return one ? s->unknown_score : -INFINITY;
}

void sample_split(const SentencePiece *s, Text text, double alpha, Rng *r,
                  Ids *to)
{
    // No piece is longer than this.
    enum { LONGEST = 512 };
    // SOLUTION: the sums forward, the draws backward
    double *sum = new_array(text.length + 1, sizeof *sum);
    for (size_t end = 1; end <= text.length; end++) {
        sum[end] = -INFINITY;
        for (size_t n = 1; n <= end && n <= LONGEST; n++) {
            int id;
            double score = score_of(s, text, end - n, end, &id);
            if (score == -INFINITY || sum[end - n] == -INFINITY)
                continue;
            double way = sum[end - n] + alpha * score, before = sum[end];
            sum[end] = fmax(way, before) + log1p(exp(-fabs(way - before)));
        }
    }
    Ids reversed = {0};
    for (size_t end = text.length; end > 0;) {
        double left = rng_uniform(r);
        size_t chosen = 0;
        int piece = s->unknown;
        for (size_t n = 1; n <= end && n <= LONGEST; n++) {
            int id;
            double score = score_of(s, text, end - n, end, &id);
            if (score == -INFINITY || sum[end - n] == -INFINITY)
                continue;
            chosen = n;
            piece = id;
            left -= exp(sum[end - n] + alpha * score - sum[end]);
            if (left < 0)
                break;
        }
        check(chosen > 0, "no piece ends at byte %zu", end);
        ids_add(&reversed, piece);
        end -= chosen;
    }
    for (int i = reversed.n - 1; i >= 0; i--)
        ids_add(to, reversed.at[i]);
    ids_free(&reversed);
    free(sum);
    // END
}
