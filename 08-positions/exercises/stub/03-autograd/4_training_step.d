08-positions/exercises/stub/03-autograd/4_training_step.o: \
 solutions/03-autograd/4_training_step.stub common/optim.h \
 common/params.h common/matrix.h common/arena.h common/rng.h
common/optim.h:
common/params.h:
common/matrix.h:
common/arena.h:
common/rng.h:
