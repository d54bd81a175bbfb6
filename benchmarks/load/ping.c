/* How long a server's event loop is held: pings over connections of their own, in a room where nothing happens.
 *
 * `ping PORT TARGET CONNECTIONS EVERY [HEADER]` sends one every so many ms, the connections in turn, until its standard
 * input ends; then it says in one line of JSON how many came back, and the longest and other quantiles, in ms. A ping
 * that has not come back counts as long as it has been under way. With EVERY 5 it sees what holds the loop for 5 ms or
 * more, and measures it from the first ping that had to wait.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "times.h"
#include "wire.h"

enum { MOST = 64 };

typedef struct {
    int fd, waiting; /* pings under way */
    Bytes in;
    double sent;
} Pinger;

static Pinger pingers[MOST];
static Histogram times;

static void connect_to(Pinger *one, int port, const char *target, const char *header) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    char text[4096];
    int at_once = 1;
    one->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    if (connect(one->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("cannot connect");
    int length = snprintf(text, sizeof text,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s\r\n",
        target, port, header, header[0] ? "\r\n" : "");
    if (send(one->fd, text, length, MSG_NOSIGNAL) != length) fail("cannot ask for a websocket");
    for (uint8_t *end = NULL; end == NULL; end = memmem(one->in.data, one->in.length, "\r\n\r\n", 4)) {
        ssize_t got = recv(one->fd, text, 1, 0); /* byte by byte, so that nothing of the first frame is taken */
        if (got <= 0) fail("the handshake was refused");
        put(&one->in, text, got);
    }
    if (memmem(one->in.data, one->in.length, " 101 ", 5) == NULL) fail("the handshake was refused");
    one->in.length = 0;
}

static void ping(Pinger *one) {
    if (one->waiting > 0) return; /* its answer is late: that is what is measured */
    Bytes frame = {0};
    put_frame(&frame, PING_FRAME, "", 0, 1);
    one->sent = now();
    one->waiting = send(one->fd, frame.data, frame.length, MSG_NOSIGNAL) == (ssize_t)frame.length;
    free(frame.data);
}

static void listen_to(Pinger *one) {
    uint8_t fresh[65536];
    ssize_t got = recv(one->fd, fresh, sizeof fresh, MSG_DONTWAIT);
    if (got <= 0) fail("a connection was lost");
    put(&one->in, fresh, got);
    Frame frame;
    while (read_frame(one->in.data, one->in.length, &frame)) {
        if (frame.opcode == PONG_FRAME && one->waiting) {
            count(&times, now() - one->sent, 1);
            one->waiting = 0;
        }
        bytes_drop(&one->in, frame.head + frame.length);
    }
}

int main(int argc, char **argv) {
    if (argc < 5) fail("ping PORT TARGET CONNECTIONS EVERY [HEADER]");
    int connections = atoi(argv[3]);
    if (connections > MOST) fail("too many connections");
    for (int each = 0; each < connections; each++) connect_to(&pingers[each], atoi(argv[1]), argv[2], argc > 5 ? argv[5] : "");
    double every = atof(argv[4]) / 1e3, began = now();
    printf("{\"event\": \"pinging\"}\n");
    fflush(stdout);
    struct pollfd fds[MOST + 1];
    fds[connections] = (struct pollfd){.fd = 0, .events = POLLIN};
    for (uint64_t next = 0;; ) {
        for (; began + next * every <= now(); next++) ping(&pingers[next % connections]);
        for (int each = 0; each < connections; each++) fds[each] = (struct pollfd){.fd = pingers[each].fd, .events = POLLIN};
        double wait = (began + next * every - now()) * 1e3;
        poll(fds, connections + 1, wait > 0 ? (int)(wait + 0.999) : 0);
        for (int each = 0; each < connections; each++) {
            if (fds[each].revents) listen_to(&pingers[each]);
        }
        if (fds[connections].revents) break;
    }
    for (int each = 0; each < connections; each++) {
        if (pingers[each].waiting) count(&times, now() - pingers[each].sent, 1);
    }
    printf("{\"event\": \"pinged\", \"pings\": %lu, \"p50\": %.3f, \"p99\": %.3f, \"most\": %.3f}\n", times.total,
           quantile(&times, 0.5), quantile(&times, 0.99), times.most);
    return 0;
}
