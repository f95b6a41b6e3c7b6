// Blanks: 80, 10, 10 (20 minutes)
//
// BERT learns by filling blanks. Of all tokens a share is chosen, each one by
// itself, by chance: m->share. What happens to a token that was chosen is drawn
// once more:
//
//     with probability m->masked   it becomes m->mask, the piece [MASK]
//     with probability m->random   it becomes a random piece, any of
//                                  m->first .. m->pieces - 1
//     otherwise                    it stays as it is
//
// In all three cases its place goes into `at` and what stood there into
// `answer`: a token that was chosen and stays is asked for like the others.
// Why not simply [MASK] always? When the model is used there are no blanks in
// its text; it shall have something to say about words that are there, too.
//
// Ids below m->first ([CLS], [SEP] ...) are never chosen. rng_uniform(r) is a
// float in [0, 1), rng_below(r, n) an int in 0 .. n - 1, ids_add appends. When
// the test passes, `make run-15 MINE=1` learns with your blanks.
#include "15-bert/masking.h"

void mask_tokens(const Masking *m, Rng *r, int *id, int n, Ids *at, Ids *answer)
{
    // TODO: choose, note down, change.
    (void)m;
    (void)r;
    (void)id;
    (void)n;
    (void)at;
    (void)answer;
    // END
}
