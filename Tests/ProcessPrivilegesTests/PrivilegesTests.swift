import CLinux
import Foundation
import Glibc
import ProcessPrivileges
import Testing

/// Each in a process of its own, whose one test thread gives up its rights.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["CI"] != nil || geteuid() == 0, "skipped: needs root"))
struct PrivilegesTests {
    private static func status(_ name: String) -> String? {
        guard let file = fopen("/proc/thread-self/status", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasPrefix(name + ":") {
                return text.dropFirst(name.count + 1).trimmingCharacters(in: .whitespacesAndNewlines)
            }
        }
        return nil
    }

    private static func canOpen(_ path: String, _ flags: Int32) -> Bool {
        let file = open(path, flags, 0o600)
        if file >= 0 { close(file) }
        return file >= 0
    }

    private static func packetSocket() -> Bool {
        let number = socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0)
        if number >= 0 { close(number) }
        return number >= 0
    }

    @Test func `only the capability to open packet sockets is left, in every set`() async {
        await #expect(processExitsWith: .success) {
            _ = Privileges.drop(keeping: [.netRaw])
            let sets = ["CapPrm", "CapEff", "CapBnd", "CapInh", "CapAmb"].map { Self.status($0) }
            let netRaw = "0000000000002000", none = "0000000000000000"
            guard sets == [netRaw, netRaw, netRaw, none, none] else { exit(2) }
            guard Self.status("NoNewPrivs") == "1", Self.status("Seccomp") == "2" else { exit(3) }
            guard Self.packetSocket() else { exit(4) }
        }
    }

    @Test func `no program can be run and no namespace or root changed`() async {
        await #expect(processExitsWith: .success) {
            _ = Privileges.drop(keeping: [.netRaw])
            guard execve("/bin/true", [nil], [nil]) == -1, errno == EPERM else { exit(2) }
            guard clinux_enter_network_namespace(-1) == -1, errno == EPERM else { exit(4) }
            guard chroot("/") == -1, errno == EPERM else { exit(5) }
        }
    }

    @Test(.enabled(if: clinux_landlock_version() > 0, "skipped: this kernel has no Landlock"))
    func `files are out of reach but for those named and those that names and TLS need`() async {
        await #expect(processExitsWith: .success) {
            let folder = "/tmp/podsight-test-\(getpid())"
            let (spool, token) = (folder + "/spool", folder + "/token")
            guard mkdir(folder, 0o700) == 0, mkdir(spool, 0o700) == 0, mkdir(token, 0o700) == 0 else { exit(2) }
            guard Self.canOpen(token + "/token", O_CREAT | O_WRONLY) else { exit(3) }
            let report = Privileges.drop(
                keeping: [.netRaw],
                readPaths: [token, folder + "/missing"],
                readWritePaths: [spool]
            )
            guard report.contains(where: { $0.contains("files restricted") && $0.contains("/missing") }) else {
                exit(4)
            }
            guard Self.canOpen(spool + "/1", O_CREAT | O_RDWR | O_TRUNC), rename(spool + "/1", spool + "/2") == 0,
                unlink(spool + "/2") == 0
            else { exit(5) }
            guard Self.canOpen(token + "/token", O_RDONLY), !Self.canOpen(token + "/token", O_WRONLY) else { exit(6) }
            guard !Self.canOpen(folder + "/other", O_CREAT | O_WRONLY), errno == EACCES else { exit(7) }
            guard !Self.canOpen("/etc/shadow", O_RDONLY), !Self.canOpen("/root", O_RDONLY) else { exit(8) }
            guard Self.canOpen("/etc/hosts", O_RDONLY), Self.canOpen("/proc/self/status", O_RDONLY),
                Self.canOpen("/sys/class/net/lo/address", O_RDONLY), Self.canOpen("/dev/null", O_WRONLY)
            else { exit(9) }
            var found: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo("localhost", "80", nil, &found) == 0 else { exit(10) }
        }
    }

    @Test func `a user with nothing but the capability keeps it`() async {
        await #expect(processExitsWith: .success) {
            let netRaw = UInt64(1) << UInt64(Privileges.Capability.netRaw.rawValue)
            guard clinux_keep_capabilities() == 0, setuid(65534) == 0 else { exit(2) }
            guard clinux_set_capabilities(netRaw) == 0 else { exit(3) }
            let report = Privileges.drop(keeping: [.netRaw])
            guard report.contains("capabilities 0x2000, bounding set left as it was") else { exit(4) }
            guard Self.status("CapEff") == "0000000000002000", Self.packetSocket() else { exit(5) }
        }
    }

    @Test func `a capability that is not held is not gained`() async {
        await #expect(processExitsWith: .success) {
            guard clinux_set_capabilities(0) == 0 else { exit(2) }
            _ = Privileges.drop(keeping: [.netRaw])
            guard Self.status("CapEff") == "0000000000000000", !Self.packetSocket() else { exit(3) }
        }
    }

    @Test func `threads that already run are said to keep their rights`() async {
        await #expect(processExitsWith: .success) {
            // The test runner has started some.
            guard Privileges.drop(keeping: []).contains(where: { $0.contains("keep their rights") }) else { exit(2) }
        }
    }
}
