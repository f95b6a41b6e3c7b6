08-positions/exercises/stub/03-autograd/2_softmax_loss.o: \
 solutions/03-autograd/2_softmax_loss.stub \
 exercises/03-autograd/2_softmax_loss.h
exercises/03-autograd/2_softmax_loss.h:
