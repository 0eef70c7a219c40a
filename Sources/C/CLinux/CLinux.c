// For setns.
#define _GNU_SOURCE

#include "CLinux.h"

#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int clinux_enter_network_namespace(int descriptor) { return setns(descriptor, CLONE_NEWNET); }

int clinux_hardware_type(int socket, const char *interface) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, interface, sizeof request.ifr_name - 1);
    if (ioctl(socket, SIOCGIFHWADDR, &request) != 0) return -1;
    return request.ifr_hwaddr.sa_family;
}
