08-positions/san/chapters/01-matrix/ladder.o: chapters/01-matrix/ladder.c \
 chapters/01-matrix/ladder.h chapters/01-matrix/vec.h common/kernels.h
chapters/01-matrix/ladder.h:
chapters/01-matrix/vec.h:
common/kernels.h:
