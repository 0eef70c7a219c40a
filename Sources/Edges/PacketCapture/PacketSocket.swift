import CLinux
import Glibc

/// A file descriptor that is closed with its owner.
@usableFromInline
struct OwnedDescriptor: ~Copyable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}

/// The mapped ring of a packet socket.
@usableFromInline
struct RingMemory: ~Copyable {
    @usableFromInline let address: UnsafeMutableRawPointer
    let count: Int

    init(_ socket: borrowing OwnedDescriptor, count: Int, interface: NetworkInterface) throws(CaptureError) {
        guard let address = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, socket.number, 0),
            address != mapFailed
        else { throw CaptureError.last("mmap", on: interface.name) }
        self.address = address
        self.count = count
    }

    deinit { munmap(address, count) }
}

extension OwnedDescriptor {
    /// A packet socket that receives nothing before it is bound.
    static func packetSocket(_ interface: NetworkInterface) throws(CaptureError) -> OwnedDescriptor {
        let type = interface.needsCookedSocket ? SOCK_DGRAM : SOCK_RAW
        let number = socket(AF_PACKET, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else {
            guard errno == EPERM || errno == EACCES else { throw CaptureError.last("socket", on: interface.name) }
            throw CaptureError(
                .notPermitted(capability: "CAP_NET_RAW"),
                subject: interface.name,
                action: "socket",
                systemError: errno
            )
        }
        return OwnedDescriptor(number)
    }

    func trySet<Value: BitwiseCopyable>(_ option: Int32, _ value: Value) -> Bool {
        withUnsafeBytes(of: value) { bytes in
            setsockopt(number, SOL_PACKET, option, bytes.baseAddress, socklen_t(bytes.count)) == 0
        }
    }

    func set<Value: BitwiseCopyable>(
        _ option: Int32,
        _ value: Value,
        _ action: String,
        on interface: NetworkInterface
    ) throws(CaptureError) {
        guard trySet(option, value) else { throw CaptureError.last(action, on: interface.name) }
    }

    func bind(to interface: NetworkInterface) throws(CaptureError) {
        let everyProtocol: UInt16 = 3  // ETH_P_ALL
        var address = sockaddr_ll()
        address.sll_family = UInt16(AF_PACKET)
        address.sll_protocol = everyProtocol.bigEndian
        address.sll_ifindex = interface.index
        let result = withUnsafeBytes(of: &address) { bytes in
            guard let start = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return Int32(-1) }
            return Glibc.bind(number, start, socklen_t(bytes.count))
        }
        guard result == 0 else { throw CaptureError.last("bind", on: interface.name) }
    }
}
