08-positions/san/common/params_file.o: common/params_file.c \
 common/params_file.h common/params.h common/matrix.h common/arena.h \
 common/rng.h common/safetensors.h common/check.h common/text.h
common/params_file.h:
common/params.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/safetensors.h:
common/check.h:
common/text.h:
