08-positions/san/data/tales/tales.o: data/tales/tales.c \
 data/tales/tales.h common/rng.h common/text.h common/check.h \
 data/tales/grammar.h
data/tales/tales.h:
common/rng.h:
common/text.h:
common/check.h:
data/tales/grammar.h:
