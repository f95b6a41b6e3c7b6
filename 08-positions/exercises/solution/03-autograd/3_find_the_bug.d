08-positions/exercises/solution/03-autograd/3_find_the_bug.o: \
 solutions/03-autograd/3_find_the_bug.c \
 exercises/03-autograd/3_find_the_bug.h common/check.h
exercises/03-autograd/3_find_the_bug.h:
common/check.h:
