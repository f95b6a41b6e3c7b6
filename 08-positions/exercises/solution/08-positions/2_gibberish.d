08-positions/exercises/solution/08-positions/2_gibberish.o: \
 solutions/08-positions/2_gibberish.c \
 exercises/08-positions/2_gibberish.h common/check.h
exercises/08-positions/2_gibberish.h:
common/check.h:
