08-positions/san/chapters/08-positions/lesson.o: \
 chapters/08-positions/lesson.c chapters/08-positions/lesson.h \
 chapters/08-positions/writer.h chapters/08-positions/positions.h \
 common/ops.h common/matrix.h common/arena.h common/rng.h common/params.h \
 common/optim.h common/text.h common/check.h data/tales/tales.h
chapters/08-positions/lesson.h:
chapters/08-positions/writer.h:
chapters/08-positions/positions.h:
common/ops.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/params.h:
common/optim.h:
common/text.h:
common/check.h:
data/tales/tales.h:
