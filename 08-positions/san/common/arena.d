08-positions/san/common/arena.o: common/arena.c common/arena.h \
 common/check.h
common/arena.h:
common/check.h:
