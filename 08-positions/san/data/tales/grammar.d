08-positions/san/data/tales/grammar.o: data/tales/grammar.c \
 data/tales/grammar.h common/check.h
data/tales/grammar.h:
common/check.h:
