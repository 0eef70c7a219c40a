// libpcap's compiler of filter expressions, through dlopen: a program that is asked for no filter needs no libpcap.

#include "CLinux.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

// What of pcap/pcap.h is called, as its manual pages declare it.
struct program {
    unsigned int count;
    struct sock_filter *instructions;
};

struct library {
    void *handle;
    void *(*create)(const char *interface, char *message);
    int (*set_snaplen)(void *capture, int bytes);
    int (*set_buffer_size)(void *capture, int bytes);
    int (*activate)(void *capture);
    void *(*open_dead)(int link_type, int bytes);
    int (*compile)(void *capture, struct program *program, const char *expression, int optimize, unsigned int netmask);
    char *(*geterr)(void *capture);
    void (*freecode)(struct program *program);
    void (*close)(void *capture);
};

enum { error_size = 256, snap_length = 65535, unknown_netmask = -1, ethernet = 1 };

// Debian's name, then that of others.
static const char *const names[] = {"libpcap.so.0.8", "libpcap.so.1"};

static int open_library(struct library *library) {
    void *handle = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && handle == NULL; i++) handle = dlopen(names[i], RTLD_NOW);
    if (handle == NULL) return 0;
    *library = (struct library){
        .handle = handle,
        .create = dlsym(handle, "pcap_create"),
        .set_snaplen = dlsym(handle, "pcap_set_snaplen"),
        .set_buffer_size = dlsym(handle, "pcap_set_buffer_size"),
        .activate = dlsym(handle, "pcap_activate"),
        .open_dead = dlsym(handle, "pcap_open_dead"),
        .compile = dlsym(handle, "pcap_compile"),
        .geterr = dlsym(handle, "pcap_geterr"),
        .freecode = dlsym(handle, "pcap_freecode"),
        .close = dlsym(handle, "pcap_close"),
    };
    return library->create && library->set_snaplen && library->set_buffer_size && library->activate
        && library->open_dead && library->compile && library->geterr && library->freecode && library->close;
}

// Only for an open capture does libpcap look for the VLAN tag where the kernel puts it.
static void *open_capture(const struct library *library, const char *interface, int link_type) {
    char ignored[error_size];
    if (interface != NULL && link_type == ethernet) {
        void *capture = library->create(interface, ignored);
        if (capture != NULL) {
            library->set_snaplen(capture, snap_length);
            library->set_buffer_size(capture, 1 << 18);
            if (library->activate(capture) >= 0) return capture;
            library->close(capture);
        }
    }
    return library->open_dead(link_type, snap_length);
}

int clinux_compile_filter(const char *expression, const char *interface, int link_type,
                          struct sock_filter *instructions, int capacity, char *message, size_t message_size) {
    struct library library = {0};
    if (!open_library(&library)) {
        const char *reason = dlerror();
        snprintf(message, message_size, "%s", reason != NULL ? reason : "it lacks a function");
        if (library.handle != NULL) dlclose(library.handle);
        return clinux_no_library;
    }
    void *capture = open_capture(&library, interface, link_type);
    struct program program = {0};
    int result;
    if (capture == NULL) {
        snprintf(message, message_size, "pcap_open_dead failed");
        result = clinux_no_library;
    } else if (library.compile(capture, &program, expression, 1, unknown_netmask) != 0) {
        snprintf(message, message_size, "%s", library.geterr(capture));
        result = clinux_bad_expression;
    } else {
        if (program.count > (unsigned int)capacity) {
            snprintf(message, message_size, "%u instructions, more than %d", program.count, capacity);
            result = clinux_filter_too_long;
        } else {
            memcpy(instructions, program.instructions, program.count * sizeof *instructions);
            result = (int)program.count;
        }
        library.freecode(&program);
    }
    if (capture != NULL) library.close(capture);
    dlclose(library.handle);
    return result;
}
