08-positions/san/common/safetensors.o: common/safetensors.c \
 common/safetensors.h common/check.h common/text.h
common/safetensors.h:
common/check.h:
common/text.h:
