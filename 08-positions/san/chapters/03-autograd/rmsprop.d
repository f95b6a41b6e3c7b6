08-positions/san/chapters/03-autograd/rmsprop.o: \
 chapters/03-autograd/rmsprop.c chapters/03-autograd/rmsprop.h \
 common/params.h common/matrix.h common/arena.h common/rng.h \
 common/check.h
chapters/03-autograd/rmsprop.h:
common/params.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/check.h:
