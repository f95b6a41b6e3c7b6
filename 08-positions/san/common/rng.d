08-positions/san/common/rng.o: common/rng.c common/rng.h common/check.h
common/rng.h:
common/check.h:
