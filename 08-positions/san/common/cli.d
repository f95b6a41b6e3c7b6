08-positions/san/common/cli.o: common/cli.c common/cli.h common/check.h \
 common/kernels.h
common/cli.h:
common/check.h:
common/kernels.h:
