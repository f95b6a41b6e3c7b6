08-positions/exercises/stub/08-positions/3_stretch.o: \
 solutions/08-positions/3_stretch.stub chapters/08-positions/positions.h \
 common/ops.h common/matrix.h common/arena.h common/rng.h common/params.h \
 common/check.h
chapters/08-positions/positions.h:
common/ops.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/params.h:
common/check.h:
