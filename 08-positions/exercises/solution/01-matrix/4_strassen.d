08-positions/exercises/solution/01-matrix/4_strassen.o: \
 solutions/01-matrix/4_strassen.c exercises/01-matrix/4_strassen.h \
 chapters/01-matrix/ladder.h common/check.h common/kernels.h
exercises/01-matrix/4_strassen.h:
chapters/01-matrix/ladder.h:
common/check.h:
common/kernels.h:
