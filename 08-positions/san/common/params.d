08-positions/san/common/params.o: common/params.c common/params.h \
 common/matrix.h common/arena.h common/rng.h common/check.h
common/params.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/check.h:
