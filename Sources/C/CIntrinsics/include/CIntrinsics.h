#ifndef PODSIGHT_CINTRINSICS_H
#define PODSIGHT_CINTRINSICS_H

/// Asks the processor to load the cache line at `address`; Swift has no spelling for it.
static inline void cintrinsics_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }

#endif
