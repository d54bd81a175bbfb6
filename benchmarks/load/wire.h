/* Bytes on the wire: growable buffers, lib0's numbers, frames of websockets, and what a Yjs update (version 1) holds.
 *
 * Of an update only the ranges of clocks are read, for each client id: that is what tells who has seen what. Servers
 * may merge the updates of many clients into one, in any way that Yjs can read.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* Buffers */

typedef struct {
    uint8_t *data;
    size_t length, room;
} Bytes;

static inline void bytes_reserve(Bytes *to, size_t more) {
    if (to->length + more <= to->room) return;
    to->room = (to->length + more) * 2;
    to->data = realloc(to->data, to->room);
    if (to->data == NULL) fail("out of memory");
}

static inline void put(Bytes *to, const void *data, size_t length) {
    bytes_reserve(to, length);
    memcpy(to->data + to->length, data, length);
    to->length += length;
}

static inline void put_byte(Bytes *to, uint8_t byte) { put(to, &byte, 1); }

static inline void put_uint(Bytes *to, uint64_t value) {
    for (; value > 127; value >>= 7) put_byte(to, 128 | (value & 127));
    put_byte(to, value);
}

/* Bytes, or a text, with their length before them. */
static inline void put_sized(Bytes *to, const void *data, size_t length) {
    put_uint(to, length);
    put(to, data, length);
}

/* Takes the first bytes away. */
static inline void bytes_drop(Bytes *from, size_t length) {
    from->length -= length;
    memmove(from->data, from->data + length, from->length);
}

/* Reading. Whatever is read past the end is zero, and `broken` says so. */

typedef struct {
    const uint8_t *at, *end;
    int broken;
} Reader;

static inline uint8_t get_byte(Reader *from) {
    if (from->at < from->end) return *from->at++;
    from->broken = 1;
    return 0;
}

static inline uint64_t get_uint(Reader *from) {
    uint64_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
        uint8_t byte = get_byte(from);
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return value;
    }
    from->broken = 1;
    return 0;
}

static inline const uint8_t *get_sized(Reader *from, size_t *length) {
    *length = get_uint(from);
    if (*length > (size_t)(from->end - from->at)) {
        from->broken = 1;
        *length = 0;
    }
    const uint8_t *data = from->at;
    from->at += *length;
    return data;
}

static inline void skip_sized(Reader *from) {
    size_t length;
    get_sized(from, &length);
}

/* A value in lib0's "any" encoding. */
static inline void skip_any(Reader *from) {
    uint8_t kind = get_byte(from);
    if (kind == 125) {
        while (get_byte(from) > 127) {}
    } else if (kind == 124) {
        from->at += 4;
    } else if (kind == 123 || kind == 122) {
        from->at += 8;
    } else if (kind == 119 || kind == 116) {
        skip_sized(from);
    } else if (kind == 118 || kind == 117) {
        for (uint64_t left = get_uint(from); left > 0 && !from->broken; left--) {
            if (kind == 118) skip_sized(from);
            skip_any(from);
        }
    }
    if (from->at > from->end) from->broken = 1;
}

/* Updates */

enum { GC, DELETED, JSON, BINARY, STRING, EMBED, FORMAT, TYPE, ANY, DOC, SKIP };
enum { HAS_ORIGIN = 128, HAS_RIGHT_ORIGIN = 64, HAS_KEY = 32 };

typedef struct {
    uint64_t client;
    uint32_t start, end; /* the clocks from `start` up to, but not with, `end` */
} Range;

typedef struct {
    Range *items;
    size_t count, room;
} Ranges;

static inline void add_range(Ranges *to, uint64_t client, uint32_t start, uint32_t end) {
    if (to->count > 0 && to->items[to->count - 1].client == client && to->items[to->count - 1].end == start) {
        to->items[to->count - 1].end = end;
        return;
    }
    if (to->count == to->room) {
        to->room = to->room * 2 + 64;
        to->items = realloc(to->items, to->room * sizeof(Range));
        if (to->items == NULL) fail("out of memory");
    }
    to->items[to->count++] = (Range){client, start, end};
}

/* The length of a text in UTF-16 units, as clocks count it. */
static inline uint64_t utf16_length(const uint8_t *text, size_t length) {
    uint64_t units = 0;
    for (size_t at = 0; at < length; at++) units += (text[at] & 0xC0) != 0x80 ? 1 + (text[at] >= 0xF0) : 0;
    return units;
}

/* Reads the content of one item; returns how many clocks it takes. */
static inline uint64_t read_content(Reader *from, int kind) {
    uint64_t count;
    size_t length;
    const uint8_t *text;
    switch (kind) {
    case DELETED: return get_uint(from);
    case STRING: text = get_sized(from, &length); return utf16_length(text, length);
    case FORMAT: skip_sized(from); skip_sized(from); return 1;
    case BINARY: case EMBED: skip_sized(from); return 1;
    case DOC: skip_sized(from); skip_any(from); return 1;
    case TYPE:
        count = get_uint(from);
        if (count == 3 || count == 5) skip_sized(from); /* the name of an XML element or hook */
        return 1;
    case ANY: case JSON:
        count = get_uint(from);
        for (uint64_t left = count; left > 0 && !from->broken; left--) {
            if (kind == ANY) skip_any(from);
            else skip_sized(from);
        }
        return count;
    default: from->broken = 1; return 1;
    }
}

/* Reads one struct; returns how many clocks it takes. */
static inline uint64_t read_struct(Reader *from, int *kind) {
    int info = get_byte(from);
    *kind = info & 31;
    if (*kind == GC || *kind == SKIP) return get_uint(from);
    if (info & HAS_ORIGIN) { get_uint(from); get_uint(from); }
    if (info & HAS_RIGHT_ORIGIN) { get_uint(from); get_uint(from); }
    if (!(info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN))) {
        if (get_uint(from)) skip_sized(from); /* a root's name */
        else { get_uint(from); get_uint(from); }
        if (info & HAS_KEY) skip_sized(from);
    }
    return read_content(from, *kind);
}

/* Fills `to` with what an update brings; what it deletes is not looked at. */
static inline void read_update(const uint8_t *data, size_t length, Ranges *to) {
    Reader from = {data, data + length, 0};
    to->count = 0;
    for (uint64_t sections = get_uint(&from); sections > 0 && !from.broken; sections--) {
        uint64_t structs = get_uint(&from), client = get_uint(&from), clock = get_uint(&from);
        for (; structs > 0 && !from.broken; structs--) {
            int kind;
            uint64_t taken = read_struct(&from, &kind);
            if (kind != SKIP) add_range(to, client, clock, clock + taken);
            clock += taken;
        }
    }
    if (from.broken) fail("an update that the load client cannot read");
}

/* Websockets */

enum { TEXT_FRAME = 1, BINARY_FRAME = 2, CLOSE_FRAME = 8, PING_FRAME = 9, PONG_FRAME = 10 };

/* One frame. Those of clients are masked: by zero, which the standard allows and which costs nothing here. */
static inline void put_frame(Bytes *to, int opcode, const void *data, size_t length, int masked) {
    uint8_t mask = masked ? 128 : 0;
    put_byte(to, 128 | opcode);
    if (length < 126) {
        put_byte(to, mask | length);
    } else if (length < 65536) {
        put_byte(to, mask | 126);
        put_byte(to, length >> 8);
        put_byte(to, length);
    } else {
        put_byte(to, mask | 127);
        for (int shift = 56; shift >= 0; shift -= 8) put_byte(to, (uint64_t)length >> shift);
    }
    if (masked) put(to, "\0\0\0\0", 4);
    put(to, data, length);
}

typedef struct {
    int opcode, masked;
    uint8_t mask[4];
    size_t head, length; /* bytes before the payload, and of it */
} Frame;

/* Whether a whole frame stands at the start of `data`; then what it is. */
static inline int read_frame(const uint8_t *data, size_t have, Frame *frame) {
    if (have < 2) return 0;
    size_t length = data[1] & 127, head = 2;
    if (length == 126) {
        if (have < 4) return 0;
        length = data[2] << 8 | data[3];
        head = 4;
    } else if (length == 127) {
        if (have < 10) return 0;
        length = 0;
        for (int at = 2; at < 10; at++) length = length << 8 | data[at];
        head = 10;
    }
    frame->masked = data[1] >> 7;
    frame->opcode = data[0] & 15;
    frame->length = length;
    frame->head = head + (frame->masked ? 4 : 0);
    if (have < frame->head || have - frame->head < length) return 0;
    if (frame->masked) memcpy(frame->mask, data + head, 4);
    if (!(data[0] & 128) || frame->opcode == 0) fail("a frame in parts");
    return 1;
}

#endif
