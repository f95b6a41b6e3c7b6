08-positions/exercises/test/01-matrix/4_strassen.o: \
 exercises/01-matrix/4_strassen_test.c chapters/01-matrix/ladder.h \
 exercises/01-matrix/4_strassen.h common/check.h common/rng.h \
 common/testing.h common/matrix.h common/arena.h
chapters/01-matrix/ladder.h:
exercises/01-matrix/4_strassen.h:
common/check.h:
common/rng.h:
common/testing.h:
common/matrix.h:
common/arena.h:
