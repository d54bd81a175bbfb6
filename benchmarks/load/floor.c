/* The floor: a bare broadcaster, the least that a server of the y-websocket protocol can do.
 *
 * `floor PORT WINDOW` sends every update to everybody in the room, at once or, with a WINDOW above 0, all of so many ms
 * in one write to each. It looks into nothing and keeps nothing on disk. Whoever comes in gets all that was said so far;
 * presence goes the same way, but is not kept.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sha1.h"
#include "times.h"
#include "wire.h"

enum { ROOMS = 64 };

typedef struct Connection {
    int fd, open;
    struct Room *room;
    struct Connection *next;
    Bytes in, out;
} Connection;

typedef struct Room {
    char name[128];
    Connection *first;
    Bytes said, waiting; /* frames: all so far, and those not yet sent */
} Room;

static Room rooms[ROOMS];
static int poller, room_count;
static double window;

static Room *room_named(const char *name, size_t length) {
    for (int each = 0; each < room_count; each++) {
        if (strlen(rooms[each].name) == length && memcmp(rooms[each].name, name, length) == 0) return &rooms[each];
    }
    if (room_count == ROOMS || length >= sizeof rooms[0].name) fail("too many rooms");
    memcpy(rooms[room_count].name, name, length);
    return &rooms[room_count++];
}

static void leave(Connection *one) {
    if (one->room != NULL) {
        Connection **at = &one->room->first;
        while (*at != one) at = &(*at)->next;
        *at = one->next;
    }
    close(one->fd);
    one->open = 0;
}

static void watch(Connection *one, int how) {
    struct epoll_event event = {EPOLLIN | (one->out.length > 0 ? EPOLLOUT : 0), {.ptr = one}};
    epoll_ctl(poller, how, one->fd, &event);
}

/* Sends as much as goes at once; the rest waits. */
static void send_to(Connection *one, const uint8_t *data, size_t length) {
    int waits = one->out.length > 0;
    ssize_t sent = waits ? 0 : send(one->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) sent = 0;
    if ((size_t)sent == length) return;
    put(&one->out, data + sent, length - sent);
    if (!waits) watch(one, EPOLL_CTL_MOD);
}

static void send_rest(Connection *one) {
    ssize_t sent = send(one->fd, one->out.data, one->out.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) bytes_drop(&one->out, sent);
    if (one->out.length == 0) watch(one, EPOLL_CTL_MOD);
}

static void flush_room(Room *room) {
    for (Connection *one = room->first; one != NULL; one = one->next) send_to(one, room->waiting.data, room->waiting.length);
    room->waiting.length = 0;
}

static void hear(Connection *one, const uint8_t *body, size_t length) {
    Room *room = one->room;
    if (length < 2 || (body[0] == 0 && body[1] == 1 && length <= 5)) return; /* an answer to step 1 with nothing new */
    if (body[0] == 0 && body[1] == 0) { /* step 1: everything so far, an empty step 2, and a step 1 in return */
        send_to(one, room->said.data, room->said.length);
        send_to(one, (const uint8_t *)"\x82\x05\x00\x01\x02\x00\x00\x82\x04\x00\x00\x01\x00", 13);
        return;
    }
    size_t before = room->waiting.length;
    put_frame(&room->waiting, BINARY_FRAME, body, length, 0);
    if (body[0] == 0) put(&room->said, room->waiting.data + before, room->waiting.length - before);
    if (window == 0) flush_room(room);
}

static size_t shake_hands(Connection *one) {
    uint8_t *end = memmem(one->in.data, one->in.length, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    *end = 0;
    char *key = strcasestr((char *)one->in.data, "sec-websocket-key: "), *path = strchr((char *)one->in.data, ' ') + 2;
    if (key == NULL) fail("no key in a handshake");
    char answer[256], accept[32], *last = strpbrk(key, "\r\n");
    if (last != NULL) *last = 0;
    accept_key(key + 19, accept);
    int length = snprintf(answer, sizeof answer,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    one->room = room_named(path, strcspn(path, " ?"));
    one->next = one->room->first;
    one->room->first = one;
    send_to(one, (uint8_t *)answer, length);
    return end + 4 - one->in.data;
}

static size_t take_frame(Connection *one, uint8_t *data, size_t length) {
    Frame frame;
    if (!read_frame(data, length, &frame)) return 0;
    uint8_t *body = data + frame.head;
    for (size_t at = 0; frame.masked && at < frame.length; at++) body[at] ^= frame.mask[at & 3];
    if (frame.opcode == BINARY_FRAME) hear(one, body, frame.length);
    if (frame.opcode == CLOSE_FRAME) leave(one);
    if (frame.opcode == PING_FRAME) {
        Bytes pong = {0};
        put_frame(&pong, PONG_FRAME, body, frame.length, 0);
        send_to(one, pong.data, pong.length);
        free(pong.data);
    }
    return frame.head + frame.length;
}

static void read_in(Connection *one) {
    static uint8_t fresh[65536];
    ssize_t got = recv(one->fd, fresh, sizeof fresh, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) leave(one);
    if (got <= 0) return;
    put(&one->in, fresh, got);
    size_t used = 0;
    for (size_t step = 1; step > 0 && one->open && used < one->in.length; used += step)
        step = one->room == NULL ? shake_hands(one) : take_frame(one, one->in.data + used, one->in.length - used);
    bytes_drop(&one->in, used);
}

static void let_in(int listening) {
    int at_once = 1;
    Connection *one = calloc(1, sizeof *one);
    one->fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
    if (one->fd < 0) return;
    one->open = 1;
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    watch(one, EPOLL_CTL_ADD);
}

int main(int argc, char **argv) {
    if (argc != 3) fail("floor PORT WINDOW");
    int yes = 1, listening = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    window = atof(argv[2]) / 1e3;
    signal(SIGPIPE, SIG_IGN);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) < 0 || listen(listening, 1024) < 0) fail("cannot listen");
    poller = epoll_create1(0);
    struct epoll_event event = {EPOLLIN, {.ptr = NULL}}, events[256];
    epoll_ctl(poller, EPOLL_CTL_ADD, listening, &event);
    double due = 1e300;
    for (;;) {
        double wait = (due - now()) * 1e3;
        int ready = epoll_wait(poller, events, 256, due == 1e300 ? -1 : wait > 0 ? (int)(wait + 0.999) : 0);
        for (int each = 0; each < ready; each++) {
            Connection *one = events[each].data.ptr;
            if (one == NULL) { let_in(listening); continue; }
            if (one->open && (events[each].events & EPOLLOUT)) send_rest(one);
            if (one->open && (events[each].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) read_in(one);
        }
        int waiting = 0;
        for (int each = 0; each < room_count; each++) {
            if (now() >= due && rooms[each].waiting.length > 0) flush_room(&rooms[each]);
            waiting |= rooms[each].waiting.length > 0;
        }
        if (!waiting) due = 1e300;
        else if (due == 1e300 || now() >= due) due = now() + window;
    }
}
