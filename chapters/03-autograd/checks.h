// Gradient checking for every operation of common/ops.h by its name.
#ifndef AUTOGRAD_CHECKS_H
#define AUTOGRAD_CHECKS_H

#include "common/gradcheck.h"

// The names of the operations, separated by "|", for the command line.
extern const char check_names[];

// Compares backward with the slope found by moving each input by h to both
// sides, on small random inputs; op is a number of the list above.
GradError check_op(int op, double h, uint64_t seed);

// How many operations there are, and the name of one.
int check_count(void);
const char *check_name(int op);

#endif
