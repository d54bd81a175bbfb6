/* The clients of the load client: what each has, knows and says, and what it makes of what it hears. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "times.h"
#include "wire.h"

enum State { AWAY, CONNECTING, SHAKING, SIGNING_IN, ASKING, IN };
enum { SYNC, AWARENESS, AUTH };
enum { STEP_1, STEP_2, UPDATE };

typedef struct {
    int fd, number, room;
    enum State state;
    uint64_t text_client; /* where it types: the id of a text of its own */
    uint32_t text_clock;
    char *name, *target, *header; /* the document's name before each message, or none; the address; how it signs in */
    Bytes in, out;
    uint32_t clock;     /* how far it has typed */
    double *sent;       /* when, for each of its clocks */
    size_t sent_room;
    uint32_t *seen;     /* how far it has seen each client's typing, its own too */
    Ranges others;      /* how far it has seen everybody else's */
    uint32_t announced; /* the clock of its presence */
} Client;

static Client *clients;
static int count_all;
static uint64_t first_id; /* of the clients' ids, which follow on each other */

/* Whoever has not seen this is not yet in: a client id and a clock. */
static uint64_t awaited_client;
static uint32_t awaited_clock;

/* What is measured. */
static Histogram delays, echoes, pastes;
static const Client *pasting; /* whose typing is counted apart */
static double record_from = 1e300; /* what was typed before is not counted */
static uint64_t delivered, gaps, messages_in, bytes_in;

static uint64_t id_of(const Client *one) { return first_id + one->number; }

/* Saying things */

static void say(Client *one, const Bytes *body) {
    Bytes whole = {0};
    if (one->name[0]) put_sized(&whole, one->name, strlen(one->name));
    put(&whole, body->data, body->length);
    put_frame(&one->out, BINARY_FRAME, whole.data, whole.length, 1);
    free(whole.data);
}

static void say_sync(Client *one, int kind, const Bytes *content) {
    Bytes body = {0};
    put_byte(&body, SYNC);
    put_byte(&body, kind);
    put_sized(&body, content->data, content->length);
    say(one, &body);
    free(body.data);
}

/* An update with what this client has typed from a clock on; an empty one when that is nothing. */
static Bytes typed_since(const Client *one, uint32_t from) {
    Bytes update = {0};
    uint32_t length = one->clock > from ? one->clock - from : 0;
    put_byte(&update, length > 0);
    if (length > 0) {
        put_byte(&update, 1);
        put_uint(&update, id_of(one));
        put_uint(&update, from);
        put_byte(&update, STRING | (from > 0 ? HAS_ORIGIN : 0));
        if (from > 0) {
            put_uint(&update, id_of(one));
            put_uint(&update, from - 1);
        } else {
            put_byte(&update, 0);
            put_uint(&update, one->text_client);
            put_uint(&update, one->text_clock);
        }
        put_uint(&update, length);
        for (uint32_t at = from; at < one->clock; at++) put_byte(&update, 'a' + at % 26);
    }
    put_byte(&update, 0); /* nothing is deleted */
    return update;
}

/* Type so many characters, without sending them. */
static void type_quietly(Client *one, uint32_t characters, double at) {
    if (one->clock + characters > one->sent_room) {
        one->sent_room = (one->clock + characters) * 2;
        one->sent = realloc(one->sent, one->sent_room * sizeof(double));
        if (one->sent == NULL) fail("out of memory");
    }
    for (; characters > 0; characters--) one->sent[one->clock++] = at;
}

static void type_and_send(Client *one, uint32_t characters, double at) {
    uint32_t before = one->clock;
    type_quietly(one, characters, at);
    Bytes update = typed_since(one, before);
    say_sync(one, UPDATE, &update);
    free(update.data);
}

/* Ask for everything that this client lacks. */
static void say_step_1(Client *one) {
    Bytes vector = {0};
    uint64_t known = one->others.count;
    for (int other = 0; other < count_all; other++) known += (other == one->number ? one->clock : one->seen[other]) > 0;
    put_uint(&vector, known);
    for (size_t other = 0; other < one->others.count; other++) {
        put_uint(&vector, one->others.items[other].client);
        put_uint(&vector, one->others.items[other].end);
    }
    for (int other = 0; other < count_all; other++) {
        uint32_t clock = other == one->number ? one->clock : one->seen[other];
        if (clock == 0) continue;
        put_uint(&vector, first_id + other);
        put_uint(&vector, clock);
    }
    say_sync(one, STEP_1, &vector);
    free(vector.data);
    one->state = ASKING;
}

/* Hocuspocus wants a token before anything else. */
static void say_token(Client *one) {
    Bytes body = {0};
    put_byte(&body, AUTH);
    put_byte(&body, 0);
    put_sized(&body, "token", 5);
    say(one, &body);
    free(body.data);
    one->state = SIGNING_IN;
}

static void say_presence(Client *one) {
    char state[200];
    int length = snprintf(state, sizeof state,
        "{\"user\":{\"name\":\"Delegate %d\",\"color\":\"#30bced\",\"colorLight\":\"#30bced33\"},\"cursor\":null}", one->number);
    Bytes entries = {0}, body = {0};
    put_byte(&entries, 1);
    put_uint(&entries, id_of(one));
    put_uint(&entries, ++one->announced);
    put_sized(&entries, state, length);
    put_byte(&body, AWARENESS);
    put_sized(&body, entries.data, entries.length);
    say(one, &body);
    free(entries.data);
    free(body.data);
}

/* Hearing things */

static void see_other(Client *one, const Range *range) {
    Ranges *known = &one->others;
    for (size_t at = 0; at < known->count; at++) {
        if (known->items[at].client != range->client) continue;
        if (range->end > known->items[at].end) known->items[at].end = range->end;
        return;
    }
    add_range(known, range->client, 0, range->end);
}

static void see(Client *one, const Range *range, double at) {
    if (range->client - first_id >= (uint64_t)count_all) {
        see_other(one, range);
        return;
    }
    const Client *writer = &clients[range->client - first_id];
    uint32_t *seen = &one->seen[writer->number];
    if (range->start > *seen) gaps++; /* a real client would wait for what is missing, and so does this one */
    if (range->start > *seen || range->end <= *seen) return;
    uint32_t end = range->end < writer->clock ? range->end : writer->clock;
    for (uint32_t clock = *seen; clock < end; clock++) {
        if (writer->sent[clock] < record_from) continue;
        Histogram *in = writer == one ? &echoes : writer == pasting ? &pastes : &delays;
        count(in, at - writer->sent[clock], 1);
        delivered++;
    }
    *seen = range->end;
}

/* Many get the same bytes: they are read once. */
static const Ranges *ranges_in(const uint8_t *data, size_t length) {
    static struct { Bytes update; Ranges ranges; } cache[256];
    uint64_t mark = length;
    for (size_t at = 0; at < 16 && at < length; at++) mark = mark * 31 + data[at] + 7 * data[length - 1 - at];
    size_t slot = mark % 256;
    if (cache[slot].update.length != length || memcmp(cache[slot].update.data, data, length) != 0) {
        cache[slot].update.length = 0;
        put(&cache[slot].update, data, length);
        read_update(data, length, &cache[slot].ranges);
    }
    return &cache[slot].ranges;
}

static int has_awaited(const Client *one) {
    if (awaited_clock == 0) return 1;
    for (size_t at = 0; at < one->others.count; at++) {
        if (one->others.items[at].client == awaited_client) return one->others.items[at].end >= awaited_clock;
    }
    return 0;
}

static void hear_update(Client *one, int kind, const uint8_t *data, size_t length, double at) {
    static int answered[1 << 16];
    const Ranges *ranges = ranges_in(data, length);
    for (size_t each = 0; each < ranges->count; each++) see(one, &ranges->items[each], at);
    if (kind == STEP_2) answered[one->number] = 1;
    if (one->state == ASKING && answered[one->number] && has_awaited(one)) {
        answered[one->number] = 0;
        one->state = IN;
    }
}

/* Somebody says what they have: send them what this client has typed beyond that. */
static void hear_step_1(Client *one, const uint8_t *data, size_t length) {
    Reader from = {data, data + length, 0};
    uint32_t known = 0;
    for (uint64_t left = get_uint(&from); left > 0 && !from.broken; left--) {
        uint64_t client = get_uint(&from), clock = get_uint(&from);
        if (client == id_of(one)) known = clock;
    }
    Bytes update = typed_since(one, known);
    say_sync(one, STEP_2, &update);
    free(update.data);
}

static void hear(Client *one, const uint8_t *data, size_t length, double at) {
    Reader from = {data, data + length, 0};
    messages_in++;
    bytes_in += length;
    while (from.at < from.end && !from.broken) {
        if (one->name[0]) skip_sized(&from);
        uint64_t kind = get_uint(&from);
        if (kind == AUTH && one->state == SIGNING_IN) {
            say_step_1(one);
            return;
        }
        if (kind != SYNC) return; /* presence, acknowledgements: nothing that has to be answered */
        uint64_t step = get_uint(&from);
        size_t size;
        const uint8_t *content = get_sized(&from, &size);
        if (step == STEP_1) hear_step_1(one, content, size);
        else hear_update(one, step, content, size, at);
    }
}

#endif
