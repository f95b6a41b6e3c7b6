08-positions/exercises/test/01-matrix/2_offsets.o: \
 exercises/01-matrix/2_offsets_test.c exercises/01-matrix/2_offsets.h \
 common/testing.h common/matrix.h common/arena.h common/rng.h
exercises/01-matrix/2_offsets.h:
common/testing.h:
common/matrix.h:
common/arena.h:
common/rng.h:
