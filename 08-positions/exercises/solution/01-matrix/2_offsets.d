08-positions/exercises/solution/01-matrix/2_offsets.o: \
 solutions/01-matrix/2_offsets.c exercises/01-matrix/2_offsets.h
exercises/01-matrix/2_offsets.h:
