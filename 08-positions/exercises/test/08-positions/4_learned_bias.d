08-positions/exercises/test/08-positions/4_learned_bias.o: \
 exercises/08-positions/4_learned_bias_test.c \
 exercises/08-positions/4_learned_bias.h common/ops.h common/matrix.h \
 common/arena.h common/rng.h common/params.h common/gradcheck.h \
 common/testing.h
exercises/08-positions/4_learned_bias.h:
common/ops.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/params.h:
common/gradcheck.h:
common/testing.h:
