/* Time, and how delays are counted: in buckets that are at most 1.6 % wide. */
#ifndef TIMES_H
#define TIMES_H

#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { FINE = 6, BUCKETS = 40 << FINE };

typedef struct {
    uint64_t counts[BUCKETS], total;
    double most; /* ms */
} Histogram;

/* Seconds on a clock that all processes of the machine share. */
static inline double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

/* Seconds of CPU that this process has used. */
static inline double cpu(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

static inline void count(Histogram *in, double seconds, uint64_t times) {
    uint64_t micros = seconds > 0 ? (uint64_t)(seconds * 1e6) : 0;
    int bucket = micros;
    if (micros >= 1 << FINE) {
        int octave = 63 - __builtin_clzll(micros);
        bucket = ((octave - FINE) << FINE) + (micros >> (octave - FINE));
    }
    in->counts[bucket < BUCKETS ? bucket : BUCKETS - 1] += times;
    in->total += times;
    if (seconds * 1e3 > in->most) in->most = seconds * 1e3;
}

/* The delay in ms that a share of all stays below; 0 when nothing was counted. */
static inline double quantile(const Histogram *in, double share) {
    uint64_t below = 0, wanted = in->total * share;
    for (int bucket = 0; bucket < BUCKETS && in->total > 0; bucket++) {
        below += in->counts[bucket];
        if (below > wanted) {
            uint64_t octave = bucket >> FINE, fine = bucket & ((1 << FINE) - 1);
            return (octave == 0 ? fine : (fine | 1 << FINE) << (octave - 1)) / 1e3;
        }
    }
    return in->most;
}

#endif
