// Reading protocol buffers, as much of them as a tokenizer's file needs.
//
// The one idea: a message is a row of fields. Each begins with a number that
// says two things, the field's own number and how the value is stored; so a
// reader can step over fields it does not know. What the fields mean is
// written in a .proto file; it is not in the data.
#ifndef TOKENIZERS_PROTOBUF_H
#define TOKENIZERS_PROTOBUF_H

#include "common/text.h"

typedef enum Wire {
    WIRE_VARINT = 0,
    WIRE_64 = 1,
    WIRE_BYTES = 2,
    WIRE_32 = 5
} Wire;

typedef struct Field {
    int number;
    Wire wire;
    uint64_t value; // of a varint, or the bits of a fixed 32 or 64
    Text bytes;     // of a string or a message within the message
} Field;

typedef enum FieldResult { FIELD_READ, FIELD_END, FIELD_BAD } FieldResult;

// Cuts the next field off *rest. FIELD_BAD: the bytes are cut or are no
// protocol buffer; *rest then stands where the bad field begins.
FieldResult protobuf_next(Text *rest, Field *field);

// The float whose bits a field of WIRE_32 holds.
float protobuf_float(const Field *field);

#endif
