// What this machine can do at best, and how to time anything else fairly.
//
// A rate is the most useful with a limit beside it. Two limits matter here:
// how many floating-point operations a second the arithmetic units can do, and
// how many bytes a second the memory can deliver.
#ifndef CHAPTER_01_MEASURE_H
#define CHAPTER_01_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

// Floating-point operations a second of one short run (about 10 ms) that does
// nothing but fused multiply-adds on registers; on one thread or on all.
double flop_rate(bool threads);

// Bytes a second at which n floats are read, each once, on one thread or on
// all. Memory's own rate shows only if they are many more than the caches
// hold.
double read_rate(const float *x, size_t n, bool threads);

// The median: sorts x. With n == 0 it is 0.
double median(double *x, int n);

// The roofline (Williams, Waterman and Patterson 2009): what a program that
// does `intensity` operations for each byte from memory can reach at best.
double roofline(double intensity, double flops, double bytes);

#endif
