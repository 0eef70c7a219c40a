#ifndef PODSIGHT_CLINUX_H
#define PODSIGHT_CLINUX_H

#include <stdint.h>

#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <sys/eventfd.h>

/// Reads a word that the kernel publishes; what it wrote before is then visible.
static inline uint32_t clinux_load_acquire(const volatile uint32_t *word) {
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/// Hands a word to the kernel; what was read before is then done with.
static inline void clinux_store_release(volatile uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/// Keeps at most `bytes` of each packet that the socket receives. Returns -1 and sets errno on failure.
int clinux_limit_capture(int socket, uint32_t bytes);

/// Moves the calling thread into a network namespace. Returns -1 and sets errno on failure.
int clinux_enter_network_namespace(int descriptor);

/// The ARPHRD_ number of an interface, asked through any socket of its namespace. Returns -1 on failure.
int clinux_hardware_type(int socket, const char *interface);

#endif
