08-positions/san/chapters/08-positions/echo.o: \
 chapters/08-positions/echo.c chapters/08-positions/echo.h \
 chapters/08-positions/lesson.h chapters/08-positions/writer.h \
 chapters/08-positions/positions.h common/ops.h common/matrix.h \
 common/arena.h common/rng.h common/params.h common/optim.h common/text.h
chapters/08-positions/echo.h:
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
