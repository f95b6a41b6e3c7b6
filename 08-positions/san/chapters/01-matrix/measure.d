08-positions/san/chapters/01-matrix/measure.o: \
 chapters/01-matrix/measure.c chapters/01-matrix/measure.h \
 chapters/01-matrix/vec.h common/check.h common/kernels.h \
 common/progress.h
chapters/01-matrix/measure.h:
chapters/01-matrix/vec.h:
common/check.h:
common/kernels.h:
common/progress.h:
