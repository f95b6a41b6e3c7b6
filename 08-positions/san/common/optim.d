08-positions/san/common/optim.o: common/optim.c common/optim.h \
 common/params.h common/matrix.h common/arena.h common/rng.h \
 common/check.h common/kernels.h
common/optim.h:
common/params.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/check.h:
common/kernels.h:
