// For MAP_ANONYMOUS and madvise.
#define _GNU_SOURCE

#include "CIntrinsics.h"

#include <stdint.h>
#include <stdlib.h>
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
