08-positions/exercises/test/03-autograd/3_find_the_bug.o: \
 exercises/03-autograd/3_find_the_bug_test.c \
 exercises/03-autograd/3_find_the_bug.h common/testing.h common/matrix.h \
 common/arena.h common/rng.h
exercises/03-autograd/3_find_the_bug.h:
common/testing.h:
common/matrix.h:
common/arena.h:
common/rng.h:
