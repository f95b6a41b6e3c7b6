// One head of latent attention for one query, without keys.
#ifndef EXERCISE_12_4_H
#define EXERCISE_12_4_H

enum { LATENT_MOST = 64 }; // r, and n, at most

// One head looks at n tokens, of each of which only a row of r numbers has been
// kept. Its key would be U_k c and its value U_v c:
//     y = sum over j of softmax(q . (U_k c[j]) / sqrt(w)) U_v c[j]
//   q, y: w;  up_k, up_v: w x r;  rows: n x r, 1 <= n <= LATENT_MOST.
// *products is set to the number of multiplications of up_k and up_v's numbers
// with others: a function that makes no keys needs 2 w r, whatever n is.
void latent_look(int w, int r, int n, const float *q, const float *up_k,
                 const float *up_v, const float *rows, float *y,
                 long *products);

#endif
