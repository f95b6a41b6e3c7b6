08-positions/exercises/stub/01-matrix/1_strides.o: \
 solutions/01-matrix/1_strides.stub exercises/01-matrix/1_strides.h
exercises/01-matrix/1_strides.h:
