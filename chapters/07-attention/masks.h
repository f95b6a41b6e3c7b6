// Masks: which query may look at which key, as a rule, as a matrix, and as a
// picture in the terminal.
#ifndef CHAPTER_07_MASKS_H
#define CHAPTER_07_MASKS_H

#include "common/ops.h"

// May query i of Tq look at key j of Tk? The last query stands at the last
// key (see Mask in common/ops.h).
bool may_look(Mask m, int i, int Tq, int j, int Tk);

// What is added to the scores of one head: 0 where a query may look (minus the
// slope times the distance, if there are slopes), -INFINITY where not. The
// result has a row for each query and a column for each key of all sequences:
// rows of one sequence cannot see columns of another.
Matrix *mask_matrix(Tape *t, Spans q, Spans k, Mask m, int head);

// The same picture, got by asking attention_weights() of common/ops.h with all
// scores 0: writes the weights, a row for each query and a column for each key
// of all sequences.
void mask_measured(Tape *t, Spans q, Spans k, Mask m, int heads, int head,
                   float *weights);

// A mask of the laboratory: its name, the rows and columns, and the rule.
typedef struct LabMask {
    const char *name;
    int sequences;
    int q_start[3], k_start[3]; // sequences + 1 row numbers of each
    Mask mask;
} LabMask;

enum { LAB_MASKS = 8, LAB_SIDE = 8 };

// Mask number i of the laboratory, 0 .. LAB_MASKS - 1.
LabMask lab_mask(int i);
Spans lab_queries(const LabMask *m);
Spans lab_keys(const LabMask *m);

#endif
