08-positions/san/common/kernels.o: common/kernels.c common/kernels.h \
 common/check.h
common/kernels.h:
common/check.h:
