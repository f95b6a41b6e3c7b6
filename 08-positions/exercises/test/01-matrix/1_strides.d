08-positions/exercises/test/01-matrix/1_strides.o: \
 exercises/01-matrix/1_strides_test.c exercises/01-matrix/1_strides.h \
 common/testing.h common/matrix.h common/arena.h common/rng.h
exercises/01-matrix/1_strides.h:
common/testing.h:
common/matrix.h:
common/arena.h:
common/rng.h:
