08-positions/exercises/solution/03-autograd/2_softmax_loss.o: \
 solutions/03-autograd/2_softmax_loss.c \
 exercises/03-autograd/2_softmax_loss.h
exercises/03-autograd/2_softmax_loss.h:
