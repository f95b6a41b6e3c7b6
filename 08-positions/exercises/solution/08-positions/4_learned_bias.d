08-positions/exercises/solution/08-positions/4_learned_bias.o: \
 solutions/08-positions/4_learned_bias.c \
 exercises/08-positions/4_learned_bias.h common/ops.h common/matrix.h \
 common/arena.h common/rng.h common/params.h common/check.h
exercises/08-positions/4_learned_bias.h:
common/ops.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/params.h:
common/check.h:
