08-positions/exercises/test/03-autograd/1_tanh.o: \
 exercises/03-autograd/1_tanh_test.c common/gradcheck.h common/params.h \
 common/matrix.h common/arena.h common/rng.h common/ops.h \
 common/testing.h
common/gradcheck.h:
common/params.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/ops.h:
common/testing.h:
