/* What a websocket server answers to a client's key: the base 64 of a SHA-1 (RFC 6455, 4.2.2; FIPS 180-4). */
#ifndef SHA1_H
#define SHA1_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t rotated(uint32_t word, int by) { return word << by | word >> (32 - by); }

static void sha1_block(uint32_t state[5], const uint8_t block[64]) {
    static const uint32_t constants[4] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
    uint32_t words[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int at = 0; at < 16; at++)
        words[at] = (uint32_t)block[4 * at] << 24 | block[4 * at + 1] << 16 | block[4 * at + 2] << 8 | block[4 * at + 3];
    for (int at = 16; at < 80; at++) words[at] = rotated(words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16], 1);
    for (int at = 0; at < 80; at++) {
        uint32_t mixed = at < 20 ? (b & c) | (~b & d) : at >= 40 && at < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
        uint32_t next = rotated(a, 5) + mixed + e + words[at] + constants[at / 20];
        e = d;
        d = c;
        c = rotated(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

/* `key` is at most 60 characters long; `accept` takes 29 bytes. */
static void accept_key(const char *key, char *accept) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t state[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t message[128] = {0}, hash[21] = {0};
    size_t length = snprintf((char *)message, 120, "%.60s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    size_t blocks = length < 56 ? 1 : 2;
    message[length] = 128;
    message[blocks * 64 - 2] = length * 8 >> 8;
    message[blocks * 64 - 1] = length * 8;
    for (size_t at = 0; at < blocks; at++) sha1_block(state, message + 64 * at);
    for (int at = 0; at < 20; at++) hash[at] = state[at / 4] >> (24 - 8 * (at % 4));
    for (int at = 0; at < 7; at++) {
        uint32_t three = (uint32_t)hash[3 * at] << 16 | hash[3 * at + 1] << 8 | hash[3 * at + 2];
        for (int each = 0; each < 4; each++) accept[4 * at + each] = letters[three >> (18 - 6 * each) & 63];
    }
    strcpy(accept + 27, "=");
}

#endif
