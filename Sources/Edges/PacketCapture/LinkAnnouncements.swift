import CLinux
import Glibc

/// What the kernel tells of a namespace's interfaces and addresses as they change: that there is something to look at.
final class LinkAnnouncements {
    private let socket: OwnedDescriptor

    /// Listens in the calling thread's namespace; `nil` where the system does not let it.
    init?() {
        let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = Glibc.socket(AF_NETLINK, type, NETLINK_ROUTE)
        socket = OwnedDescriptor(number)
        guard number >= 0 else { return nil }
        var address = sockaddr_nl()
        address.nl_family = UInt16(AF_NETLINK)
        address.nl_groups = UInt32(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR)
        let result = withUnsafeBytes(of: &address) { bytes in
            guard let start = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return Int32(-1) }
            return bind(number, start, socklen_t(bytes.count))
        }
        guard result == 0 else { return nil }
    }

    /// The file descriptor to wait on with `poll`.
    var pollDescriptor: Int32 { socket.number }

    /// Takes what was announced, whatever it says: the interfaces are listed again.
    func take() {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer in
            while true {
                let received = recv(socket.number, buffer.baseAddress, buffer.count, 0)
                // An overrun is told as an error, once, and is as good as an announcement.
                guard received > 0 || (received < 0 && errno == ENOBUFS) else { return }
            }
        }
    }
}
