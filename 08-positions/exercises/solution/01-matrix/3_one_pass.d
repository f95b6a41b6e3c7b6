08-positions/exercises/solution/01-matrix/3_one_pass.o: \
 solutions/01-matrix/3_one_pass.c exercises/01-matrix/3_one_pass.h \
 chapters/01-matrix/numerics.h
exercises/01-matrix/3_one_pass.h:
chapters/01-matrix/numerics.h:
