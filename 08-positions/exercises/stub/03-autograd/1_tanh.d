08-positions/exercises/stub/03-autograd/1_tanh.o: \
 solutions/03-autograd/1_tanh.stub common/matrix.h common/arena.h \
 common/rng.h common/ops.h common/params.h
common/matrix.h:
common/arena.h:
common/rng.h:
common/ops.h:
common/params.h:
