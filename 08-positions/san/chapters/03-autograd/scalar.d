08-positions/san/chapters/03-autograd/scalar.o: \
 chapters/03-autograd/scalar.c chapters/03-autograd/scalar.h \
 common/arena.h
chapters/03-autograd/scalar.h:
common/arena.h:
