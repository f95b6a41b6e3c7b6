08-positions/san/common/check.o: common/check.c common/check.h
common/check.h:
