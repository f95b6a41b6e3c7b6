// A gated recurrent unit in plain loops.
#ifndef EXERCISE_06_3_H
#define EXERCISE_06_3_H

enum { GRU_MOST = 16 }; // the widest

// Weights as PyTorch keeps them: rows of r, of z, of n, `width` each.
typedef struct GruWeights {
    int in, width;
    const float *w, *b; // 3 width x in, and 3 width: for the input
    const float *u, *v; // 3 width x width, and 3 width: for the state
} GruWeights;

// Runs over n packed sequences: sequence i is the rows start[i] up to, not
// including, start[i + 1] of x (rows x in). Row t of y (rows x width) becomes
// the state after token t. Each sequence begins with a state of zeros.
//
//     r = sigmoid(W_r x + b_r + U_r h + v_r)
//     z = sigmoid(W_z x + b_z + U_z h + v_z)
//     n = tanh(W_n x + b_n + r * (U_n h + v_n))
//     h' = (1 - z) * n + z * h
void gru_run(const GruWeights *g, int n, const int *start, const float *x,
             float *y);

#endif
