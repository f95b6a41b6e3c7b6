08-positions/san/common/ops.o: common/ops.c common/ops_inner.h \
 common/check.h common/kernels.h common/ops.h common/matrix.h \
 common/arena.h common/rng.h common/params.h
common/ops_inner.h:
common/check.h:
common/kernels.h:
common/ops.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/params.h:
