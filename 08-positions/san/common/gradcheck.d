08-positions/san/common/gradcheck.o: common/gradcheck.c \
 common/gradcheck.h common/params.h common/matrix.h common/arena.h \
 common/rng.h common/check.h
common/gradcheck.h:
common/params.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/check.h:
