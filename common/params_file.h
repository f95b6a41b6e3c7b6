// A parameter as a tensor of a safetensors file; for params_save, params_load
// and checkpoints.
#ifndef COMMON_PARAMS_FILE_H
#define COMMON_PARAMS_FILE_H

#include "common/params.h"
#include "common/safetensors.h"

// Rows x cols in F32; a parameter of one row is a list of cols numbers, as
// PyTorch keeps biases and gains.
TensorOut param_to_file(const Param *p);

// Fills p from the tensor of its name: rows x cols, or a list of cols numbers
// if p has one row. Dies with one line if there is none or its shape differs.
void param_from_file(Param *p, const Safetensors *from);

#endif
