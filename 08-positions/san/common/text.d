08-positions/san/common/text.o: common/text.c common/text.h \
 common/check.h
common/text.h:
common/check.h:
