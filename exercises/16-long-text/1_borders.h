// For 1_borders.c.
#ifndef BORDERS_H
#define BORDERS_H

// Cuts n pieces into chunks of at most `size` pieces, each of which begins
// `stride` after the one before (1 <= stride <= size). Chunk k is the pieces
// from[k] up to, not including, end[k]. The first chunk that reaches the end
// is the last. Returns how many there are: none if n is 0. from and end have
// room for all.
int chunk_borders(int n, int size, int stride, int *from, int *end);

#endif
