#ifndef PODSIGHT_CINTRINSICS_H
#define PODSIGHT_CINTRINSICS_H

#include <stddef.h>
#include <stdint.h>

/// Asks the processor to load the cache line at `address`, to be written; Swift has no spelling for it. Any address will
/// do: where there is no memory nothing happens.
static inline void cintrinsics_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }

/// The same for a line that will not be written.
static inline void cintrinsics_prefetch_for_reading(const void *address) { __builtin_prefetch(address, 0, 3); }

/// Reserves address space for `bytes` bytes that read as zero; memory is taken when they are first written.
///
/// What lies beyond the first two megabytes asks for huge pages. Ends the process where not even address space
/// is left, as `malloc` in Swift does.
void *cintrinsics_reserve(size_t bytes);

/// Gives the memory behind the first `kept` of `bytes` reserved bytes back; they read as zero again.
void cintrinsics_discard(void *address, size_t kept, size_t bytes);

/// Gives a reservation back.
void cintrinsics_release(void *address, size_t bytes);

/// Hashes eight blocks with SHA-1 (FIPS 180-4) side by side, from 16 words of 8 lanes each to 5 words of 8 lanes.
///
/// In C for the instructions: Swift has no way to compile a function for several kinds of processors.
void cintrinsics_sha1_lanes(const uint32_t *messages, uint32_t *digests);

#endif
