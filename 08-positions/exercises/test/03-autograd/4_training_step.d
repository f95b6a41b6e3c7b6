08-positions/exercises/test/03-autograd/4_training_step.o: \
 exercises/03-autograd/4_training_step_test.c common/ops.h \
 common/matrix.h common/arena.h common/rng.h common/params.h \
 common/optim.h common/testing.h
common/ops.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/params.h:
common/optim.h:
common/testing.h:
