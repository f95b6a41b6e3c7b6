08-positions/exercises/test/01-matrix/3_one_pass.o: \
 exercises/01-matrix/3_one_pass_test.c chapters/01-matrix/numerics.h \
 exercises/01-matrix/3_one_pass.h common/rng.h common/testing.h \
 common/matrix.h common/arena.h
chapters/01-matrix/numerics.h:
exercises/01-matrix/3_one_pass.h:
common/rng.h:
common/testing.h:
common/matrix.h:
common/arena.h:
