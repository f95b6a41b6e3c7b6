08-positions/san/chapters/08-positions/writer.o: \
 chapters/08-positions/writer.c chapters/08-positions/writer.h \
 chapters/08-positions/positions.h common/ops.h common/matrix.h \
 common/arena.h common/rng.h common/params.h common/check.h
chapters/08-positions/writer.h:
chapters/08-positions/positions.h:
common/ops.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/params.h:
common/check.h:
