// Giving up rights: capabilities, Landlock and a seccomp filter by their system calls, which need no library.

// For syscall and O_PATH.
#define _GNU_SOURCE

#include "CLinux.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_permitted_capabilities(uint64_t *permitted) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    return 0;
}

int clinux_set_capabilities(uint64_t capabilities) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    uint32_t low = (uint32_t)capabilities, high = (uint32_t)(capabilities >> 32);
    struct __user_cap_data_struct data[2] = {
        {.effective = low, .permitted = low},
        {.effective = high, .permitted = high},
    };
    return (int)syscall(SYS_capset, &header, data);
}

int clinux_keep_capabilities(void) { return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0); }

int clinux_drop_bounding_capability(int capability) {
    int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (held != 1) return held;
    return prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0 ? 1 : -1;
}

int clinux_clear_ambient_capabilities(void) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); }

int clinux_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int clinux_landlock_version(void) {
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

int clinux_landlock_create(uint64_t handled) {
    // Of a later kernel's larger structure, the rest is zero.
    struct landlock_ruleset_attr attributes = {.handled_access_fs = handled};
    return (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0);
}

int clinux_open_place(const char *path) { return open(path, O_PATH | O_CLOEXEC); }

int clinux_landlock_allow(int ruleset, int parent, uint64_t access) {
    struct landlock_path_beneath_attr attributes = {.allowed_access = access, .parent_fd = parent};
    return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attributes, 0);
}

int clinux_landlock_restrict(int ruleset) { return (int)syscall(SYS_landlock_restrict_self, ruleset, 0); }

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
// System calls from here on are those of x32.
#define FOREIGN_CALLS 0x40000000
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#define FOREIGN_CALLS 0x80000000
#endif

#define DENY BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1 /* EPERM */)
#define DENY_CALL(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), DENY

int clinux_deny_system_calls(void) {
#ifdef NATIVE_ARCHITECTURE
    static const struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0),
        DENY,
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FOREIGN_CALLS, 0, 1),
        DENY,
        // Other programs and processes.
        DENY_CALL(execve), DENY_CALL(execveat), DENY_CALL(ptrace), DENY_CALL(process_vm_readv),
        DENY_CALL(process_vm_writev), DENY_CALL(kcmp), DENY_CALL(pidfd_getfd),
        // The file system's shape and other namespaces.
        DENY_CALL(mount), DENY_CALL(umount2), DENY_CALL(move_mount), DENY_CALL(open_tree), DENY_CALL(fsopen),
        DENY_CALL(fsmount), DENY_CALL(fsconfig), DENY_CALL(fspick), DENY_CALL(mount_setattr), DENY_CALL(pivot_root),
        DENY_CALL(chroot), DENY_CALL(setns), DENY_CALL(unshare), DENY_CALL(open_by_handle_at), DENY_CALL(swapon),
        DENY_CALL(swapoff), DENY_CALL(quotactl), DENY_CALL(acct),
        // The kernel itself.
        DENY_CALL(bpf), DENY_CALL(perf_event_open), DENY_CALL(kexec_load), DENY_CALL(kexec_file_load),
        DENY_CALL(init_module), DENY_CALL(finit_module), DENY_CALL(delete_module), DENY_CALL(reboot),
        DENY_CALL(syslog), DENY_CALL(settimeofday), DENY_CALL(clock_settime), DENY_CALL(adjtimex),
        DENY_CALL(sethostname), DENY_CALL(setdomainname),
        // Often the way around a check.
        DENY_CALL(userfaultfd), DENY_CALL(io_uring_setup), DENY_CALL(add_key), DENY_CALL(request_key),
        DENY_CALL(keyctl), DENY_CALL(personality),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = (struct sock_filter *)filter};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
#else
    return -1;
#endif
}
