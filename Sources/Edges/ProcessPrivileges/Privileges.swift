import CLinux
import Glibc

/// Giving up what a process is allowed to do and does not need, for good.
///
/// Rights belong to threads, and threads inherit them: call this before the first other thread is started, and open
/// packet sockets afterwards, with `CAP_NET_RAW`. What a kernel does not offer is left out and said, never a failure.
package enum Privileges {
    /// One of the kernel's capabilities.
    package struct Capability: RawRepresentable, Hashable, Sendable {
        /// Its number in linux/capability.h.
        package let rawValue: Int32

        /// The capability of a number from 0 to 63.
        package init(rawValue: Int32) { self.rawValue = rawValue }

        /// To open packet sockets.
        package static let netRaw = Capability(rawValue: 13)
    }

    /// Gives up all but what is named, and says in a few lines what was given up and what could not be.
    ///
    /// Afterwards no file can be opened but those that name resolution and TLS need, the process's own in /proc,
    /// interfaces in /sys, and the paths given, which must exist, with all below them. No program can be run.
    package static func drop(
        keeping capabilities: Set<Capability>,
        readPaths: [String] = [],
        readWritePaths: [String] = []
    ) -> [String] {
        var report: [String] = []
        let threads = FileSystemAccess.entries("/proc/self/task")
        if threads > 1 { report.append("\(threads - 1) threads were running before and keep their rights") }
        // Without it neither Landlock nor seccomp may be used by the unprivileged.
        let isBound = clinux_set_no_new_privileges() == 0
        report.append(isBound ? "no new privileges" : failed("no new privileges"))
        report.append(FileSystemAccess.restrict(readPaths: readPaths, readWritePaths: readWritePaths))
        report.append(keep(capabilities))
        report.append(clinux_deny_system_calls() == 0 ? "system calls restricted" : failed("system call filter"))
        return report
    }

    private static func keep(_ wanted: Set<Capability>) -> String {
        var permitted: UInt64 = 0
        guard clinux_permitted_capabilities(&permitted) == 0 else { return failed("capabilities") }
        // What is not held cannot be kept.
        let kept = wanted.reduce(0) { $0 | UInt64(1) << UInt64($1.rawValue & 63) } & permitted
        // The bounding set needs a right of its own, so it goes before that.
        var isBounded = true
        for capability in Int32(0)..<64 where kept >> UInt64(capability) & 1 == 0 {
            // Beyond the last that the kernel has, the answer is an error as well.
            if clinux_drop_bounding_capability(capability) < 0, errno == EPERM { isBounded = false }
        }
        _ = clinux_clear_ambient_capabilities()
        guard clinux_set_capabilities(kept) == 0 else { return failed("capabilities") }
        return "capabilities 0x\(String(kept, radix: 16))" + (isBounded ? "" : ", bounding set left as it was")
    }

    static func failed(_ what: String) -> String { "\(what) not available: \(String(cString: strerror(errno)))" }
}
