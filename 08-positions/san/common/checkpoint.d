08-positions/san/common/checkpoint.o: common/checkpoint.c \
 common/checkpoint.h common/optim.h common/params.h common/matrix.h \
 common/arena.h common/rng.h common/check.h common/params_file.h \
 common/safetensors.h common/text.h
common/checkpoint.h:
common/optim.h:
common/params.h:
common/matrix.h:
common/arena.h:
common/rng.h:
common/check.h:
common/params_file.h:
common/safetensors.h:
common/text.h:
