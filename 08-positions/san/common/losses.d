08-positions/san/common/losses.o: common/losses.c common/ops.h \
 common/matrix.h common/arena.h common/rng.h common/params.h \
 common/check.h common/kernels.h
common/ops.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/params.h:
common/check.h:
common/kernels.h:
