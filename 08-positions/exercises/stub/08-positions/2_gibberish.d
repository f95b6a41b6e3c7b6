08-positions/exercises/stub/08-positions/2_gibberish.o: \
 solutions/08-positions/2_gibberish.stub \
 exercises/08-positions/2_gibberish.h common/check.h
exercises/08-positions/2_gibberish.h:
common/check.h:
