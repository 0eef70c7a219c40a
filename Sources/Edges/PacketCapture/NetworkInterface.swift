import CLinux
import Glibc
import NetworkAddressing
import PacketParsing

/// A network interface of a namespace, as it was when listed.
package struct NetworkInterface: Hashable, Sendable {
    /// Its name, such as `eth0`.
    package let name: String
    /// The kernel's number for it, unique within the namespace.
    package let index: Int32
    /// Whether it is administratively up.
    package let isUp: Bool
    /// Whether it is the loopback interface.
    package let isLoopback: Bool
    /// The ARPHRD_ number of its kind.
    package let hardwareType: UInt16
    /// Its IPv4 and IPv6 addresses.
    package let addresses: Set<IPAddress>

    /// What its captured packets start with: Ethernet, or the IP header for every interface without Ethernet frames.
    package var linkType: LinkType {
        hardwareType == HardwareType.ethernet || hardwareType == HardwareType.loopback ? .ethernet : .raw
    }

    /// Whether the kernel must be asked to take off a link header that is not read here.
    var needsCookedSocket: Bool {
        linkType == .raw && !HardwareType.withoutLinkHeader.contains(hardwareType)
    }

    /// Whether this is the interface that was listed as `other` before, and may go on being captured.
    func isSame(as other: NetworkInterface) -> Bool {
        index == other.index && name == other.name && hardwareType == other.hardwareType
    }

    /// The interfaces of the calling thread's network namespace in the order of their index.
    package static func list() throws(CaptureError) -> [NetworkInterface] {
        var head: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&head) == 0 else { throw CaptureError.last("getifaddrs", on: "interfaces") }
        defer { freeifaddrs(head) }
        let socket = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw CaptureError.last("socket", on: "interfaces") }
        defer { close(socket) }

        var flags: [String: UInt32] = [:]
        var addresses: [String: Set<IPAddress>] = [:]
        var entry = head
        while let current = entry?.pointee {
            entry = current.ifa_next
            // An address with a label is listed under `eth0:label`.
            let name = String(String(cString: current.ifa_name).prefix { $0 != ":" })
            flags[name] = current.ifa_flags
            guard let address = IPAddress(current.ifa_addr) else { continue }
            addresses[name, default: []].insert(address)
        }
        return flags.compactMap { name, flags -> NetworkInterface? in
            let index = if_nametoindex(name)
            let hardwareType = clinux_hardware_type(socket, name)
            // Gone since it was listed.
            guard index != 0, hardwareType >= 0 else { return nil }
            return NetworkInterface(
                name: name,
                index: Int32(truncatingIfNeeded: index),
                isUp: flags & UInt32(IFF_UP) != 0,
                isLoopback: flags & UInt32(IFF_LOOPBACK) != 0,
                hardwareType: UInt16(truncatingIfNeeded: hardwareType),
                addresses: addresses[name] ?? []
            )
        }.sorted { $0.index < $1.index }
    }
}

/// The ARPHRD_ numbers of linux/if_arp.h that matter here.
private enum HardwareType {
    static let ethernet: UInt16 = 1
    static let loopback: UInt16 = 772
    /// RAWIP, TUNNEL, TUNNEL6, SIT and NONE (tun, WireGuard).
    static let withoutLinkHeader: Set<UInt16> = [519, 768, 769, 776, 65534]
}

extension IPAddress {
    fileprivate init?(_ address: UnsafePointer<sockaddr>?) {
        guard let address else { return nil }
        let bytes = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let bits = bytes.loadUnaligned(
                fromByteOffset: MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) ?? 4,
                as: UInt32.self
            )
            self.init(v4: UInt32(bigEndian: bits))
        case AF_INET6:
            let offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 8
            let high = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let low = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
            self.init(v6: UInt64(bigEndian: high), UInt64(bigEndian: low))
        default: return nil
        }
    }
}
