08-positions/exercises/stub/01-matrix/4_strassen.o: \
 solutions/01-matrix/4_strassen.stub exercises/01-matrix/4_strassen.h \
 chapters/01-matrix/ladder.h common/check.h common/kernels.h
exercises/01-matrix/4_strassen.h:
chapters/01-matrix/ladder.h:
common/check.h:
common/kernels.h:
