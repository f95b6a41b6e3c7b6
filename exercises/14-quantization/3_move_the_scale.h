// SmoothQuant; see 3_move_the_scale.c.
#ifndef EXERCISE_14_3_H
#define EXERCISE_14_3_H

// x: n rows of activations, n x cols. w: weights, rows x cols. Both change in
// place; the product x w^T does not.
void move_scale(float *x, int n, float *w, int rows, int cols);

#endif
