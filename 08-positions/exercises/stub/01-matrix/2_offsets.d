08-positions/exercises/stub/01-matrix/2_offsets.o: \
 solutions/01-matrix/2_offsets.stub exercises/01-matrix/2_offsets.h
exercises/01-matrix/2_offsets.h:
