08-positions/exercises/test/08-positions/1_slopes.o: \
 exercises/08-positions/1_slopes_test.c chapters/08-positions/positions.h \
 common/ops.h common/matrix.h common/arena.h common/rng.h common/params.h \
 common/testing.h
chapters/08-positions/positions.h:
common/ops.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/params.h:
common/testing.h:
