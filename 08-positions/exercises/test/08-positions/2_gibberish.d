08-positions/exercises/test/08-positions/2_gibberish.o: \
 exercises/08-positions/2_gibberish_test.c \
 exercises/08-positions/2_gibberish.h common/ops.h common/matrix.h \
 common/arena.h common/rng.h common/params.h common/testing.h
exercises/08-positions/2_gibberish.h:
common/ops.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/params.h:
common/testing.h:
