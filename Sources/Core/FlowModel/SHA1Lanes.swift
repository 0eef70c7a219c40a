import NetworkAddressing

/// Eight SHA-1 blocks of Community IDs worked on side by side.
///
/// SHA-1 is one long chain of small steps; eight chains take little longer than one.
struct SHA1Lanes: ~Copyable {
    static let count = 8
    private typealias Word = SIMD8<UInt32>

    /// The sixteen words of each message, then the schedule's last sixteen.
    private let words = UnsafeMutablePointer<Word>.allocate(capacity: 16)
    private var digests = InlineArray<5, Word>(repeating: Word())

    init() { words.initialize(repeating: Word(), count: 16) }

    deinit { words.deallocate() }

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
        UnsafeMutableRawPointer(words + (position & 15)).storeBytes(
            of: value,
            toByteOffset: (lane & 7) * 4,
            as: UInt32.self
        )
    }

    /// The digest of a lane's message, after `run`.
    func digest(_ lane: Int) -> CommunityIDDigest {
        CommunityIDDigest(
            words: (digests[0][lane], digests[1][lane], digests[2][lane], digests[3][lane], digests[4][lane])
        )
    }

    /// Hashes the messages of all lanes.
    mutating func run() {
        var chain = Chain()
        for round in 0..<16 { chain.step(words[round], (chain.b & chain.c) | (~chain.b & chain.d), 0x5a82_7999) }
        for round in 16..<20 {
            chain.step(schedule(round), (chain.b & chain.c) | (~chain.b & chain.d), 0x5a82_7999)
        }
        for round in 20..<40 { chain.step(schedule(round), chain.b ^ chain.c ^ chain.d, 0x6ed9_eba1) }
        for round in 40..<60 {
            chain.step(schedule(round), (chain.b & chain.c) | (chain.d & (chain.b | chain.c)), 0x8f1b_bcdc)
        }
        for round in 60..<80 { chain.step(schedule(round), chain.b ^ chain.c ^ chain.d, 0xca62_c1d6) }
        let start = Chain()
        digests = [chain.a &+ start.a, chain.b &+ start.b, chain.c &+ start.c, chain.d &+ start.d, chain.e &+ start.e]
    }

    private struct Chain {
        var a = Word(repeating: 0x6745_2301)
        var b = Word(repeating: 0xefcd_ab89)
        var c = Word(repeating: 0x98ba_dcfe)
        var d = Word(repeating: 0x1032_5476)
        var e = Word(repeating: 0xc3d2_e1f0)

        @inline(__always)
        mutating func step(_ word: Word, _ mixed: Word, _ constant: UInt32) {
            let next = SHA1Lanes.rotate(a, 5) &+ mixed &+ e &+ Word(repeating: constant) &+ word
            e = d
            d = c
            c = SHA1Lanes.rotate(b, 30)
            b = a
            a = next
        }
    }

    /// The next word of the schedule, of which only the last sixteen are kept.
    @inline(__always)
    private func schedule(_ round: Int) -> Word {
        let mixed =
            words[(round &- 3) & 15] ^ words[(round &- 8) & 15] ^ words[(round &- 14) & 15] ^ words[round & 15]
        words[round & 15] = SHA1Lanes.rotate(mixed, 1)
        return words[round & 15]
    }

    @inline(__always)
    private static func rotate(_ word: Word, _ bits: UInt32) -> Word { word &<< bits | word &>> (32 &- bits) }
}
