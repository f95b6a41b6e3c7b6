08-positions/san/data/tales/check.o: data/tales/check.c \
 data/tales/check.h common/text.h data/tales/grammar.h common/check.h \
 data/tales/tales.h common/rng.h data/tales/tree.h
data/tales/check.h:
common/text.h:
data/tales/grammar.h:
common/check.h:
data/tales/tales.h:
common/rng.h:
data/tales/tree.h:
