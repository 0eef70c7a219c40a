import CIntrinsics
import NetworkAddressing

/// Eight SHA-1 blocks of Community IDs worked on side by side.
///
/// SHA-1 is one long chain of small steps; eight chains take little longer than one.
struct SHA1Lanes: ~Copyable {
    static let count = 8

    /// Sixteen words of each message, all lanes of a word together.
    private let messages = UnsafeMutablePointer<UInt32>.allocate(capacity: 16 * count)
    private let digests = UnsafeMutablePointer<UInt32>.allocate(capacity: 5 * count)

    init() { messages.initialize(repeating: 0, count: 16 * SHA1Lanes.count) }

    deinit {
        messages.deallocate()
        digests.deallocate()
    }

    /// Puts a flow's message into a lane: seed, addresses, protocol and a byte of padding, ports; its ends are in order.
    func set(_ lane: Int, _ transport: TransportProtocol, _ source: Endpoint, _ destination: Endpoint, seed: UInt16) {
        // Everything behind the seed lies across two words.
        var carried = UInt32(seed)
        var position = 0
        func append(_ word: UInt32) {
            put(lane, position, carried << 16 | word >> 16)
            carried = word & 0xffff
            position += 1
        }
        func append(_ half: UInt64) {
            append(UInt32(truncatingIfNeeded: half >> 32))
            append(UInt32(truncatingIfNeeded: half))
        }
        if source.address.family == .v4 {
            append(UInt32(truncatingIfNeeded: source.address.low))
            append(UInt32(truncatingIfNeeded: destination.address.low))
        } else {
            append(source.address.high)
            append(source.address.low)
            append(destination.address.high)
            append(destination.address.low)
        }
        put(lane, position, carried << 16 | UInt32(transport.rawValue) << 8)
        position += 1
        if transport.hasPorts || transport.isICMP {
            put(lane, position, UInt32(source.port) << 16 | UInt32(destination.port))
            position += 1
        }
        put(lane, position, 0x8000_0000)
        for rest in position + 1..<15 { put(lane, rest, 0) }
        put(lane, 15, UInt32(position) * 32)
    }

    // SAFETY: there are sixteen words of eight lanes.
    @inline(__always)
    private func put(_ lane: Int, _ position: Int, _ value: UInt32) {
        messages[(position & 15) * SHA1Lanes.count + (lane & 7)] = value
    }

    /// The digest of a lane's message, after `run`.
    func digest(_ lane: Int) -> CommunityIDDigest {
        CommunityIDDigest(
            words: (digests[lane], digests[8 + lane], digests[16 + lane], digests[24 + lane], digests[32 + lane])
        )
    }

    /// Hashes the messages of all lanes.
    func run() { cintrinsics_sha1_lanes(messages, digests) }
}
