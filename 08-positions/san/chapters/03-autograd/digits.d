08-positions/san/chapters/03-autograd/digits.o: \
 chapters/03-autograd/digits.c chapters/03-autograd/digits.h common/cli.h \
 common/rng.h common/check.h common/text.h
chapters/03-autograd/digits.h:
common/cli.h:
common/rng.h:
common/check.h:
common/text.h:
