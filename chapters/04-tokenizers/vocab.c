// The list and the trie; see vocab.h.
#include "04-tokenizers/vocab.h"

#include "common/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ids_add(Ids *ids, int id)
{
    if (ids->n == ids->capacity) {
        check(ids->n < INT32_MAX / 2, "too many ids");
        ids->capacity = ids->n ? 2 * ids->n : 64;
        ids->at = grow_array(ids->at, ids->capacity, sizeof *ids->at);
    }
    ids->at[ids->n++] = id;
}

void ids_free(Ids *ids)
{
    free(ids->at);
    *ids = (Ids){0};
}

Vocab vocab_new(void)
{
    Vocab v = {.nodes = 1, .node_room = 1, .bits = 8};
    v.end = new_array(1, sizeof *v.end);
    v.end[0] = -1;
    v.edge = new_array((size_t)1 << v.bits, sizeof *v.edge);
    return v;
}

void vocab_free(Vocab *v)
{
    for (int i = 0; i < v->n; i++)
        free((char *)v->piece[i].at);
    free(v->piece);
    free(v->end);
    free(v->edge);
    *v = (Vocab){0};
}

static void put_edge(Vocab *v, Edge e)
{
    uint32_t mask = (1u << v->bits) - 1;
    uint32_t at = e.from * 2654435769u >> (32 - v->bits);
    while (v->edge[at].child)
        at = (at + 1) & mask;
    v->edge[at] = e;
}

// Twice as many places, so that at least half of them stay free.
static void grow_edges(Vocab *v)
{
    Edge *old = v->edge;
    size_t places = (size_t)1 << v->bits;
    v->bits++;
    v->edge = new_array(2 * places, sizeof *v->edge);
    for (size_t i = 0; i < places; i++)
        if (old[i].child)
            put_edge(v, old[i]);
    free(old);
}

static int new_child(Vocab *v, int node, char byte)
{
    if (v->nodes == VOCAB_NODES)
        die("a vocabulary with more than %d different beginnings", VOCAB_NODES);
    if (v->nodes == v->node_room) {
        v->node_room *= 2;
        v->end = grow_array(v->end, v->node_room, sizeof *v->end);
    }
    if (2 * (size_t)v->nodes >= (size_t)1 << v->bits)
        grow_edges(v);
    v->end[v->nodes] = -1;
    put_edge(v, (Edge){(uint32_t)node << 8 | (uint8_t)byte, v->nodes});
    return v->nodes++;
}

int vocab_add(Vocab *v, Text piece)
{
    if (v->n == v->room) {
        v->room = v->room ? 2 * v->room : 256;
        v->piece = grow_array(v->piece, v->room, sizeof *v->piece);
    }
    int node = 0;
    for (size_t i = 0; i < piece.length; i++) {
        int child = vocab_step(v, node, piece.at[i]);
        node = child < 0 ? new_child(v, node, piece.at[i]) : child;
    }
    char *copy = new_array(piece.length + 1, 1);
    if (piece.length)
        memcpy(copy, piece.at, piece.length);
    v->piece[v->n] = (Text){copy, piece.length};
    return v->end[node] = v->n++;
}

int vocab_find(const Vocab *v, Text piece)
{
    int node = 0;
    for (size_t i = 0; i < piece.length; i++) {
        node = vocab_step(v, node, piece.at[i]);
        if (node < 0)
            return -1;
    }
    return v->end[node];
}

Text first_character(Text text)
{
    Text rest = text;
    utf8_next(&rest);
    return (Text){text.at, rest.at - text.at};
}

const char *fault(const char *format, ...)
{
    static _Thread_local char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *p = text; *p; p++) // one line, whatever a name in the file holds
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    return text;
}
