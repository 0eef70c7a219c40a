#ifndef PODSIGHT_CLINUX_H
#define PODSIGHT_CLINUX_H

#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <malloc.h>
#include <sys/eventfd.h>

/// Reads a word that the kernel publishes; what it wrote before is then visible.
static inline uint32_t clinux_load_acquire(const volatile uint32_t *word) {
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/// Hands a word to the kernel; what was read before is then done with.
static inline void clinux_store_release(volatile uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/// Moves the calling thread into a network namespace. Returns -1 and sets errno on failure.
int clinux_enter_network_namespace(int descriptor);

/// The ARPHRD_ number of an interface, asked through any socket of its namespace. Returns -1 on failure.
int clinux_hardware_type(int socket, const char *interface);

/// Why `clinux_compile_filter` gave no program.
enum {
    /// libpcap is not installed, or too old.
    clinux_no_library = -1,
    /// libpcap does not accept the expression.
    clinux_bad_expression = -2,
    /// The program has more instructions than there is room for.
    clinux_filter_too_long = -3,
};

/// Compiles a filter expression with libpcap, which is opened only for this.
///
/// `interface` names one of Ethernet that is up, for a program that knows of VLAN tags which the kernel has taken off;
/// NULL, or one that cannot be opened, gives a program that reads packets alone. Returns the number of instructions,
/// or why there are none, with `message` saying more.
int clinux_compile_filter(const char *expression, const char *interface, int link_type,
                          struct sock_filter *instructions, int capacity, char *message, size_t message_size);

/// Reads the calling thread's permitted capabilities. Returns -1 and sets errno on failure.
int clinux_permitted_capabilities(uint64_t *permitted);

/// Makes these the calling thread's permitted and effective capabilities, and none inheritable; -1 on failure.
int clinux_set_capabilities(uint64_t capabilities);

/// Lets the calling thread keep its permitted capabilities when it becomes another user; -1 on failure.
int clinux_keep_capabilities(void);

/// Takes a capability out of the calling thread's bounding set; 1 if it was there, 0 if not, -1 on failure.
int clinux_drop_bounding_capability(int capability);

/// Empties the calling thread's ambient set; -1 on failure.
int clinux_clear_ambient_capabilities(void);

/// Keeps the calling thread, and what it starts, from gaining rights by running programs; -1 on failure.
int clinux_set_no_new_privileges(void);

/// The version of the kernel's Landlock interface; -1 without Landlock.
int clinux_landlock_version(void);

/// A new ruleset that handles these kinds of access to files, as a file descriptor; -1 on failure.
int clinux_landlock_create(uint64_t handled);

/// Opens a file or folder only to name it, as `clinux_landlock_allow` needs it; -1 on failure.
int clinux_open_place(const char *path);

/// Allows access to a file, or to all below a folder, held open as `parent`; -1 on failure.
int clinux_landlock_allow(int ruleset, int parent, uint64_t access);

/// Restricts the calling thread, and what it starts, to a ruleset; -1 on failure.
int clinux_landlock_restrict(int ruleset);

/// Lets system calls that no part of this program needs fail with EPERM, in all threads; -1 on failure.
int clinux_deny_system_calls(void);

#endif
