08-positions/san/common/testing.o: common/testing.c common/testing.h \
 common/matrix.h common/arena.h common/rng.h common/check.h
common/testing.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/check.h:
