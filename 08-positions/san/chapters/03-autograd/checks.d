08-positions/san/chapters/03-autograd/checks.o: \
 chapters/03-autograd/checks.c chapters/03-autograd/checks.h \
 common/gradcheck.h common/params.h common/matrix.h common/arena.h \
 common/rng.h common/check.h common/ops.h
chapters/03-autograd/checks.h:
common/gradcheck.h:
common/params.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/check.h:
common/ops.h:
