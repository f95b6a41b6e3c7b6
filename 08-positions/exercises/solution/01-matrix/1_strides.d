08-positions/exercises/solution/01-matrix/1_strides.o: \
 solutions/01-matrix/1_strides.c exercises/01-matrix/1_strides.h
exercises/01-matrix/1_strides.h:
