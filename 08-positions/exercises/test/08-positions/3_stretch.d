08-positions/exercises/test/08-positions/3_stretch.o: \
 exercises/08-positions/3_stretch_test.c \
 chapters/08-positions/positions.h common/ops.h common/matrix.h \
 common/arena.h common/rng.h common/params.h common/testing.h
chapters/08-positions/positions.h:
common/ops.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/params.h:
common/testing.h:
