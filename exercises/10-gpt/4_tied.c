// One table, two gradients (25 minutes)
//
// GPT's table of embeddings is used at both ends: row id[i] is what token i
// goes in as, and the dot product of h with each row is the score of that piece
// coming next. So two gradients meet in it. A program that ties the tables by
// copying one into the other, and trains only one, learns with half of them;
// it gets better all the same, and nobody notices.
//
// Write both by hand. How large each is tells much: at the input only the rows
// of pieces that occur get a gradient, at the output all rows do.
#include "4_tied.h"

void tied_gradient(int T, int V, int d, const int *id, const float *dx,
                   const float *h, const float *dy, float *d_table)
{
    // TODO: add to row id[i] what arrives at row i of x; and for y = h
    // table^T: every row k of the table gets dy[i][k] times row i of h.
    (void)T, (void)V, (void)d, (void)id;
    (void)dx, (void)h, (void)dy, (void)d_table;
    // END
}
