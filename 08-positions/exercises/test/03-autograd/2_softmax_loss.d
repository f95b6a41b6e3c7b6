08-positions/exercises/test/03-autograd/2_softmax_loss.o: \
 exercises/03-autograd/2_softmax_loss_test.c \
 exercises/03-autograd/2_softmax_loss.h common/testing.h common/matrix.h \
 common/arena.h common/rng.h
exercises/03-autograd/2_softmax_loss.h:
common/testing.h:
common/matrix.h:
common/arena.h:
common/rng.h:
