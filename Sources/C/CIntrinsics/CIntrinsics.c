// For MAP_ANONYMOUS and madvise.
#define _GNU_SOURCE

#include "CIntrinsics.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const size_t page = 4096;
static const size_t huge_page = 2 << 20;

static size_t up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

void *cintrinsics_reserve(size_t bytes) {
    void *address =
        mmap(NULL, up(bytes, page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) abort();
    // A small table shall stay small: only what is large already grows in large steps.
    uintptr_t first = up((uintptr_t)address + huge_page, huge_page);
    uintptr_t end = (uintptr_t)address + bytes;
    if (first + huge_page <= end) madvise((void *)first, end - first, MADV_HUGEPAGE);
    return address;
}

void cintrinsics_discard(void *address, size_t kept, size_t bytes) {
    size_t first = up(kept, page);
    if (first < bytes) madvise((char *)address + first, bytes - first, MADV_DONTNEED);
}

void cintrinsics_release(void *address, size_t bytes) { munmap(address, up(bytes, page)); }

// Eight lanes in a register, or in two; compiled once for each width, of which the loader takes the best.
typedef uint32_t lanes __attribute__((vector_size(32)));

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))

#if defined(__x86_64__)
__attribute__((target_clones("avx512vl", "avx2", "default")))
#endif
void cintrinsics_sha1_lanes(const uint32_t *messages, uint32_t *digests) {
    lanes w[16];
    memcpy(w, messages, sizeof w);
    const uint32_t start[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    lanes a = start[0] - (lanes){}, b = start[1] - (lanes){}, c = start[2] - (lanes){}, d = start[3] - (lanes){},
          e = start[4] - (lanes){};
#pragma clang loop unroll(full)
    for (int i = 0; i < 80; i++) {
        if (i >= 16) {
            lanes mixed = w[(i - 3) & 15] ^ w[(i - 8) & 15] ^ w[(i - 14) & 15] ^ w[i & 15];
            w[i & 15] = ROTATE(mixed, 1);
        }
        lanes chosen = i < 20 ? (d ^ (b & (c ^ d))) + 0x5a827999
            : i < 40          ? (b ^ c ^ d) + 0x6ed9eba1
            : i < 60          ? ((b & c) | (d & (b | c))) + 0x8f1bbcdc
                              : (b ^ c ^ d) + 0xca62c1d6;
        lanes next = ROTATE(a, 5) + chosen + e + w[i & 15];
        e = d;
        d = c;
        c = ROTATE(b, 30);
        b = a;
        a = next;
    }
    lanes sums[5] = {a + start[0], b + start[1], c + start[2], d + start[3], e + start[4]};
    memcpy(digests, sums, sizeof sums);
}
