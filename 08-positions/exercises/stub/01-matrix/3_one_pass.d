08-positions/exercises/stub/01-matrix/3_one_pass.o: \
 solutions/01-matrix/3_one_pass.stub exercises/01-matrix/3_one_pass.h \
 chapters/01-matrix/numerics.h
exercises/01-matrix/3_one_pass.h:
chapters/01-matrix/numerics.h:
