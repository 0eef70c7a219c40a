import CLinux
import Glibc
import Synchronization

/// How several rings of one interface divide its packets: all of a flow, both ways, go to the same ring.
final class RingShares: Sendable {
    /// The kernel's number of the group for each interface's index.
    private let groups = Mutex<[Int32: UInt16]>([:])

    /// Makes a bound socket one of the interface's group.
    func join(_ socket: borrowing OwnedDescriptor, _ interface: NetworkInterface) throws(CaptureError) {
        let number = socket.number
        let isMember = groups.withLock { groups in
            // The group of an interface that is gone, and came again, may be gone too.
            if let group = groups[interface.index], RingShares.join(number, group, flags: 0) { return true }
            guard RingShares.join(number, 0, flags: PACKET_FANOUT_FLAG_UNIQUEID) else { return false }
            groups[interface.index] = RingShares.group(of: number)
            return true
        }
        guard isMember else { throw CaptureError.last("PACKET_FANOUT", on: interface.name) }
    }

    private static func join(_ socket: Int32, _ group: UInt16, flags: Int32) -> Bool {
        var value = UInt32(group) | UInt32(PACKET_FANOUT_HASH | flags) << 16
        return setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &value, socklen_t(MemoryLayout<UInt32>.size)) == 0
    }

    private static func group(of socket: Int32) -> UInt16 {
        var value: UInt32 = 0
        var length = socklen_t(MemoryLayout<UInt32>.size)
        getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &value, &length)
        return UInt16(truncatingIfNeeded: value)
    }
}
