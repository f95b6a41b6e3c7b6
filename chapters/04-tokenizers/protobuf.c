// Fields of protocol buffers; see protobuf.h. Nothing is read before its
// length was compared with what is left.
#include "04-tokenizers/protobuf.h"

#include <string.h>

// Seven bits a byte, the low ones first; the top bit says that more follow.
static bool varint(Text *rest, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 64 && rest->length; shift += 7) {
        uint8_t byte = (uint8_t)*rest->at;
        rest->at++;
        rest->length--;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

// n bytes, the lowest first.
static bool fixed(Text *rest, size_t n, uint64_t *value)
{
    if (rest->length < n)
        return false;
    *value = 0;
    for (size_t i = 0; i < n; i++)
        *value |= (uint64_t)(uint8_t)rest->at[i] << 8 * i;
    rest->at += n;
    rest->length -= n;
    return true;
}

static bool read_value(Text *rest, Field *f)
{
    switch (f->wire) {
    case WIRE_VARINT:
        return varint(rest, &f->value);
    case WIRE_64:
        return fixed(rest, 8, &f->value);
    case WIRE_32:
        return fixed(rest, 4, &f->value);
    case WIRE_BYTES:
        if (!varint(rest, &f->value) || f->value > rest->length)
            return false;
        f->bytes = (Text){rest->at, f->value};
        rest->at += f->value;
        rest->length -= f->value;
        return true;
    default:
        return false; // groups have not been made since 2008
    }
}

FieldResult protobuf_next(Text *rest, Field *field)
{
    if (!rest->length)
        return FIELD_END;
    Text after = *rest;
    uint64_t tag;
    *field = (Field){0};
    if (!varint(&after, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return FIELD_BAD;
    field->number = (int)(tag >> 3);
    field->wire = (Wire)(tag & 7);
    if (!read_value(&after, field))
        return FIELD_BAD;
    *rest = after;
    return FIELD_READ;
}

float protobuf_float(const Field *field)
{
    uint32_t bits = (uint32_t)field->value;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
