08-positions/san/chapters/01-matrix/numerics.o: \
 chapters/01-matrix/numerics.c chapters/01-matrix/numerics.h \
 common/check.h
chapters/01-matrix/numerics.h:
common/check.h:
