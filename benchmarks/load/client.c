/* The load client: any number of Yjs clients in one process, on a budget of some microseconds a message.
 *
 * Each types one character at a time into a text of its own, says and hears what y-protocols ask for, and keeps account
 * of whose typing it has seen; it keeps no document (real Yjs clients beside it do, and check the text). It reads who is
 * to come from its standard input, one a line, and then commands; it answers in lines of JSON:
 *
 *     port PORT
 *     first ID                                            the first client id; the others follow on it
 *     client TEXT-CLIENT TEXT-CLOCK ROOM NAME TARGET [HEADER]
 *     await CLIENT CLOCK                                  who has not seen this is not in
 *     open N PATIENCE                                     the first N connect at once    → {"event": "open", …}
 *     type N RATE WARM-UP SECONDS PATIENCE [PASTE]        characters a second and client → measuring, measured, typed
 *     idle SECONDS EVERY                                  everybody says that it is here → measuring, measured
 *     offline CHARACTERS                                  everybody leaves, and types so many
 *     state                                               how far each has typed and was seen
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "people.h"

static int poller, port, lost;

/* Connections */

static void watch(Client *one, int how) {
    struct epoll_event event = {EPOLLIN | (one->out.length > 0 ? EPOLLOUT : 0), {.ptr = one}};
    epoll_ctl(poller, how, one->fd, &event);
}

static void hang_up(Client *one) {
    if (one->state == AWAY) return;
    close(one->fd);
    one->state = AWAY;
    one->in.length = one->out.length = 0;
}

static void lose(Client *one, const char *why, int code) {
    if (lost++ == 0) fprintf(stderr, "client %d lost its connection: %s %d\n", one->number, why, code);
    hang_up(one);
}

static void flush_out(Client *one) {
    if (one->state == AWAY || one->out.length == 0) return;
    int waited = one->out.length > 0;
    ssize_t sent = send(one->fd, one->out.data, one->out.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        lose(one, "sending", errno);
        return;
    }
    if (sent > 0) bytes_drop(&one->out, sent);
    if (waited) watch(one, EPOLL_CTL_MOD);
}

static void come(Client *one) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int at_once = 1;
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (one->fd < 0) fail("too many open files: raise `ulimit -n`");
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    if (connect(one->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) fail("cannot connect");
    char ask[4096];
    int length = snprintf(ask, sizeof ask,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s\r\n",
        one->target, port, one->header, one->header[0] ? "\r\n" : "");
    put(&one->out, ask, length);
    one->state = CONNECTING;
    watch(one, EPOLL_CTL_ADD);
}

/* Takes the server's answer to the handshake off the front; returns how many bytes it was. */
static size_t shake_hands(Client *one, const uint8_t *data, size_t length) {
    const uint8_t *end = memmem(data, length, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    if (length < 12 || memcmp(data + 9, "101", 3) != 0) {
        lose(one, "the handshake was refused", atoi((const char *)data + 9));
        return length;
    }
    if (one->name[0]) say_token(one);
    else say_step_1(one);
    return end + 4 - data;
}

/* Takes one frame off the front; returns how many bytes it was. */
static size_t take_frame(Client *one, const uint8_t *data, size_t length, double at) {
    Frame frame;
    if (!read_frame(data, length, &frame)) return 0;
    const uint8_t *body = data + frame.head;
    if (frame.opcode == BINARY_FRAME) hear(one, body, frame.length, at);
    else if (frame.opcode == PING_FRAME) put_frame(&one->out, PONG_FRAME, body, frame.length, 1);
    else if (frame.opcode == CLOSE_FRAME) lose(one, "closed with", frame.length >= 2 ? body[0] << 8 | body[1] : 0);
    return frame.head + frame.length;
}

static void read_in(Client *one) {
    static uint8_t fresh[1 << 18];
    ssize_t got = recv(one->fd, fresh, sizeof fresh, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) lose(one, "reading", got < 0 ? errno : 0);
    if (got <= 0) return;
    double at = now();
    int kept = one->in.length > 0;
    if (kept) put(&one->in, fresh, got);
    const uint8_t *data = kept ? one->in.data : fresh;
    size_t length = kept ? one->in.length : (size_t)got, used = 0, step = 1;
    for (; step > 0 && used < length && one->state != AWAY; used += step) {
        step = one->state == SHAKING ? shake_hands(one, data + used, length - used)
                                     : take_frame(one, data + used, length - used, at);
    }
    if (one->state == AWAY) return;
    if (kept) bytes_drop(&one->in, used);
    else put(&one->in, fresh + used, length - used);
    flush_out(one);
}

/* Lets the connections do what they have to, until something is due. */
static void turn(double due) {
    struct epoll_event events[256];
    double wait = (due - now()) * 1e3;
    int ready = epoll_wait(poller, events, 256, wait > 0 ? (int)(wait + 0.999) : 0);
    for (int each = 0; each < ready; each++) {
        Client *one = events[each].data.ptr;
        if (one->state == CONNECTING && (events[each].events & EPOLLOUT)) one->state = SHAKING;
        if (events[each].events & EPOLLOUT) flush_out(one);
        if (one->state != AWAY && (events[each].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) read_in(one);
    }
}

/* Commands */

static void reset_measures(void) {
    memset(&delays, 0, sizeof delays);
    memset(&echoes, 0, sizeof echoes);
    memset(&pastes, 0, sizeof pastes);
    delivered = gaps = messages_in = bytes_in = 0;
}

static void announce(const char *event) {
    printf("{\"event\": \"%s\", \"at\": %.6f}\n", event, now());
    fflush(stdout);
}

static int everybody_in(int people) {
    for (int each = 0; each < people; each++) {
        if (clients[each].state != IN) return 0;
    }
    return 1;
}

/* How many characters have not been seen by somebody in the room who should have. */
static uint64_t unseen(int people) {
    uint64_t left = 0;
    for (int reader = 0; reader < people; reader++) {
        for (int writer = 0; writer < people; writer++) {
            if (writer == reader || clients[writer].room != clients[reader].room) continue;
            if (clients[writer].clock > clients[reader].seen[writer])
                left += clients[writer].clock - clients[reader].seen[writer];
        }
    }
    return left;
}

/* Everybody connects at once: how long until they are in, and until each has all that the others brought. */
static void open_all(int people, double patience) {
    double began = now(), inside = 0, level = 0;
    for (int each = 0; each < people; each++) {
        if (clients[each].state == AWAY) come(&clients[each]);
    }
    while (level == 0 && now() < began + patience && lost < people) {
        turn(now() + 0.02);
        if (inside == 0 && everybody_in(people)) inside = now();
        if (inside > 0 && unseen(people) == 0) level = now();
    }
    printf("{\"event\": \"open\", \"in\": %.4f, \"level\": %.4f, \"lost\": %d}\n", inside > 0 ? inside - began : -1,
           level > 0 ? level - began : -1, lost);
    fflush(stdout);
}

typedef struct {
    double late, busy;
    uint64_t typed;
} Typing;

/* From `began` to `end`: the m-th keystroke of all is due at began + m / (people × rate). */
static void type_until(int people, double rate, double began, double end, int paste, Typing *all) {
    double pace = 1 / (people * rate), paste_at = paste > 0 ? (began + end) / 2 : 1e300;
    uint64_t next = 0;
    while (now() < end && lost < people) {
        double at = now();
        for (; began + next * pace <= at; next++) {
            /* The order is shuffled, so that neighbours of a room do not type one after the other. */
            Client *one = &clients[next % people * 7919 % people];
            double due = began + next * pace;
            if (at - due > all->late) all->late = at - due;
            if (one->state != IN || one == pasting) continue;
            type_and_send(one, 1, at);
            flush_out(one);
            all->typed += due >= record_from;
        }
        if (at >= paste_at) {
            type_and_send(&clients[0], paste, at);
            flush_out(&clients[0]);
            paste_at = 1e300;
        }
        turn(began + next * pace);
    }
}

static void tell_typed(int people, const Typing *all, double ended) {
    printf("{\"event\": \"typed\", \"typed\": %lu, \"delivered\": %lu, \"unseen\": %lu, \"gaps\": %lu, \"lost\": %d, "
           "\"messages\": %lu, \"bytes\": %lu, \"drained\": %.4f, \"late\": %.2f, \"busy\": %.3f",
           all->typed, delivered, unseen(people), gaps, lost, messages_in, bytes_in, now() - ended, all->late * 1e3, all->busy);
    const Histogram *all_three[] = {&delays, &echoes, &pastes};
    const char *names[] = {"delay", "echo", "paste"};
    for (int each = 0; each < 3; each++) {
        printf(", \"%s\": {\"p50\": %.3f, \"p95\": %.3f, \"p99\": %.3f, \"most\": %.3f}", names[each], quantile(all_three[each], 0.5),
               quantile(all_three[each], 0.95), quantile(all_three[each], 0.99), all_three[each]->most);
    }
    printf("}\n");
    fflush(stdout);
}

static void type_all(int people, double rate, double warm_up, double seconds, double patience, int paste) {
    Typing all = {0};
    double began = now(), measured = began + warm_up, end = measured + seconds;
    reset_measures();
    record_from = measured;
    pasting = paste > 0 ? &clients[0] : NULL;
    type_until(people, rate, began, measured, 0, &all);
    all.late = messages_in = bytes_in = 0;
    announce("measuring");
    double used = cpu();
    type_until(people, rate, measured, end, paste, &all);
    all.busy = (cpu() - used) / (now() - measured);
    announce("measured");
    double ended = now(), looked = 0;
    while (now() < ended + patience && lost < people) {
        turn(now() + 0.01);
        if (now() < looked + 0.05) continue; /* looking takes its time too when there are very many */
        looked = now();
        if (unseen(people) == 0) break;
    }
    tell_typed(people, &all, ended);
    record_from = 1e300;
}

static void idle(double seconds, double every) {
    double began = now(), pace = every / count_all;
    uint64_t next = 0;
    reset_measures();
    announce("measuring");
    while (now() < began + seconds) {
        for (; began + next * pace <= now(); next++) {
            Client *one = &clients[next % count_all];
            if (one->state != IN) continue;
            say_presence(one);
            flush_out(one);
        }
        turn(began + next * pace);
    }
    announce("measured");
    printf("{\"event\": \"idled\", \"messages\": %lu, \"bytes\": %lu, \"lost\": %d}\n", messages_in, bytes_in, lost);
    fflush(stdout);
}

static void go_offline(int characters) {
    double at = now();
    for (int each = 0; each < count_all; each++) {
        hang_up(&clients[each]);
        type_quietly(&clients[each], characters, at);
    }
    announce("offline");
}

/* How far each has typed, and how far it was seen by anybody else. */
static void tell_state(void) {
    printf("{\"event\": \"state\", \"clocks\": [");
    for (int each = 0; each < count_all; each++) printf("%s%u", each ? ", " : "", clients[each].clock);
    printf("], \"shown\": [");
    for (int writer = 0; writer < count_all; writer++) {
        uint32_t most = 0;
        for (int reader = 0; reader < count_all; reader++) {
            if (reader != writer && clients[reader].seen[writer] > most) most = clients[reader].seen[writer];
        }
        printf("%s%u", writer ? ", " : "", most);
    }
    printf("]}\n");
    fflush(stdout);
}

static void add_client(const char *line) {
    char name[256], target[1024], header[2048] = "";
    Client one = {.number = count_all};
    if (sscanf(line, "client %lu %u %d %255s %1023s %2047[^\n]", &one.text_client, &one.text_clock, &one.room, name, target,
               header) < 5) fail("a client that is not understood");
    one.name = strdup(strcmp(name, "-") == 0 ? "" : name);
    one.target = strdup(target);
    one.header = strdup(header);
    clients = realloc(clients, (count_all + 1) * sizeof(Client));
    clients[count_all++] = one;
}

int main(void) {
    char line[8192];
    int people, paste;
    double rate, warm_up, seconds, patience;
    poller = epoll_create1(0);
    signal(SIGPIPE, SIG_IGN);
    while (fgets(line, sizeof line, stdin) != NULL) {
        paste = 0;
        if (sscanf(line, "port %d", &port) == 1 || sscanf(line, "first %lu", &first_id) == 1) continue;
        if (strncmp(line, "client ", 7) == 0) { add_client(line); continue; }
        for (int each = 0; each < count_all && clients[each].seen == NULL; each++)
            clients[each].seen = calloc(count_all, sizeof(uint32_t));
        if (sscanf(line, "await %lu %u", &awaited_client, &awaited_clock) == 2) continue;
        if (sscanf(line, "open %d %lf", &people, &patience) == 2) open_all(people, patience);
        else if (sscanf(line, "type %d %lf %lf %lf %lf %d", &people, &rate, &warm_up, &seconds, &patience, &paste) >= 5)
            type_all(people, rate, warm_up, seconds, patience, paste);
        else if (sscanf(line, "idle %lf %lf", &seconds, &rate) == 2) idle(seconds, rate);
        else if (sscanf(line, "offline %d", &people) == 1) go_offline(people);
        else if (strcmp(line, "state\n") == 0) tell_state();
        else fail("a command that is not understood");
    }
    return 0;
}
