08-positions/exercises/solution/03-autograd/4_training_step.o: \
 solutions/03-autograd/4_training_step.c common/optim.h common/params.h \
 common/matrix.h common/arena.h common/rng.h
common/optim.h:
common/params.h:
common/matrix.h:
common/arena.h:
common/rng.h:
