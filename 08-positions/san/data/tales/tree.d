08-positions/san/data/tales/tree.o: data/tales/tree.c data/tales/tree.h \
 common/text.h data/tales/grammar.h common/check.h data/tales/tales.h \
 common/rng.h
data/tales/tree.h:
common/text.h:
data/tales/grammar.h:
common/check.h:
data/tales/tales.h:
common/rng.h:
