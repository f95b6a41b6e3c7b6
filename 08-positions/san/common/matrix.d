08-positions/san/common/matrix.o: common/matrix.c common/matrix.h \
 common/arena.h common/rng.h common/check.h
common/matrix.h:
common/arena.h:
common/rng.h:
common/check.h:
