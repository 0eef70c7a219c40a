import Foundation
import Testing

/// Two network namespaces joined by a veth pair, `near` in one and `far` in the other; removed with this object.
///
/// Nothing else speaks in them: IPv6 is off and neighbours are static.
final class NamespacePair: Sendable {
    let near: String
    let far: String

    static let nearAddress = "198.51.100.1"
    static let farAddress = "198.51.100.2"
    /// Reaches `far`, which drops it without an answer.
    static let silentAddress = "198.51.100.3"

    init() throws {
        let suffix = UUID().uuidString.prefix(8)
        near = "podsight-test-near-\(suffix)"
        far = "podsight-test-far-\(suffix)"
        for namespace in [near, far] {
            try Self.ip("netns", "add", namespace)
            try run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", in: namespace)
            try run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", in: namespace)
            try Self.ip("-n", namespace, "link", "set", "lo", "up")
        }
        try Self.ip(
            "-n",
            near,
            "link",
            "add",
            "name",
            "near",
            "address",
            "02:00:00:00:00:01",
            "type",
            "veth",
            "peer",
            "name",
            "far",
            "address",
            "02:00:00:00:00:02",
            "netns",
            far
        )
        try Self.ip("-n", near, "addr", "add", "\(Self.nearAddress)/24", "dev", "near")
        try Self.ip("-n", far, "addr", "add", "\(Self.farAddress)/24", "dev", "far")
        try Self.ip("-n", near, "link", "set", "near", "up")
        try Self.ip("-n", far, "link", "set", "far", "up")
        for address in [Self.farAddress, Self.silentAddress] {
            try Self.ip("-n", near, "neigh", "add", address, "lladdr", "02:00:00:00:00:02", "dev", "near")
        }
        try Self.ip("-n", far, "neigh", "add", Self.nearAddress, "lladdr", "02:00:00:00:00:01", "dev", "far")
    }

    deinit {
        for namespace in [near, far] { _ = try? Self.ip("netns", "delete", namespace) }
    }

    /// The file of a namespace.
    func path(_ namespace: String) -> String { "/var/run/netns/\(namespace)" }

    @discardableResult
    func run(_ command: String..., in namespace: String) throws -> String {
        try run(command[0], arguments: Array(command.dropFirst()), in: namespace)
    }

    @discardableResult
    func run(_ command: String, arguments: [String], in namespace: String) throws -> String {
        try Self.run([Self.ipCommand, "netns", "exec", namespace, command] + arguments)
    }

    /// Sends so many UDP packets of so many bytes, from `near` if not from another namespace.
    func sendUDP(_ count: Int, bytes: Int, to address: String, port: Int, from namespace: String? = nil) throws {
        let script = """
            import socket
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for i in range(\(count)):
                while True:
                    try:
                        s.sendto(bytes(\(bytes)), ('\(address)', \(port)))
                        break
                    except (BlockingIOError, ConnectionRefusedError):
                        pass
            """
        try run("python3", "-c", script, in: namespace ?? near)
    }

    /// Gives `near` an interface without Ethernet, `tun9`.
    func addTun() throws {
        try Self.ip("-n", near, "tuntap", "add", "tun9", "mode", "tun")
        try Self.ip("-n", near, "addr", "add", "192.0.2.1/24", "dev", "tun9")
        try Self.ip("-n", near, "link", "set", "tun9", "up")
    }

    /// Runs Python with `tun`, the far end of `tun9`, once its carrier is there, and `s`, a UDP socket.
    func writeToTun(_ script: String) throws {
        // TUNSETIFF with IFF_TUN and IFF_NO_PI: without a reader there is no carrier, and it takes its time to rise.
        let opening = """
            import fcntl, select, socket, struct
            tun = open('/dev/net/tun', 'r+b', buffering=0)
            fcntl.ioctl(tun, 0x400454ca, struct.pack('16sH22x', b'tun9', 0x1001))
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            while not select.select([tun], [], [], 0.02)[0]:
                s.sendto(b'', ('192.0.2.2', 4248))

            """
        try run("python3", "-c", opening + script, in: near)
    }

    private static let ipCommand =
        ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"].first(where: FileManager.default.isExecutableFile) ?? "ip"

    @discardableResult
    static func ip(_ arguments: String...) throws -> String { try run([ipCommand] + arguments) }

    private static func run(_ command: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CommandFailure(command: command, output: text) }
        return text
    }

    struct CommandFailure: Error {
        let command: [String]
        let output: String
    }

    /// Whether this process may make namespaces.
    fileprivate static let isPossible: Bool = {
        let name = "podsight-test-probe-\(UUID().uuidString.prefix(8))"
        do {
            try ip("netns", "add", name)
            defer { _ = try? ip("netns", "delete", name) }
            try ip("-n", name, "link", "add", "name", "probe0", "type", "veth", "peer", "name", "probe1")
            return true
        } catch {
            return false
        }
    }()
}

extension Trait where Self == ConditionTrait {
    /// Skips the test without a command, and says so; in CI it runs and fails instead.
    static func needs(_ command: String) -> Self {
        let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return .enabled(
            if: ProcessInfo.processInfo.environment["CI"] != nil
                || folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(command)") },
            "skipped: needs \(command)"
        )
    }

    /// Skips the test where namespaces cannot be made, and says so; in CI it runs and fails instead.
    static var needsNetworkNamespaces: Self {
        .enabled(
            if: ProcessInfo.processInfo.environment["CI"] != nil || NamespacePair.isPossible,
            "skipped: needs root and iproute2 to make network namespaces"
        )
    }
}
