08-positions/san/common/plot.o: common/plot.c common/plot.h \
 common/check.h common/text.h
common/plot.h:
common/check.h:
common/text.h:
