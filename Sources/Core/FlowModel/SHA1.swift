/// SHA-1 (FIPS 180-4) of a message that fits one block, which a Community ID's always does.
struct SHA1Block {
    /// The five words of a digest.
    typealias Digest = InlineArray<5, UInt32>

    private var words = InlineArray<16, UInt32>(repeating: 0)
    /// The message's length so far in units of 16 bits: all parts of a Community ID's are of whole units.
    private var count = 0

    /// Appends a number in network order; the message may have at most 27 of them.
    @inline(__always)
    mutating func append(_ number: UInt16) {
        precondition(count < 27, "the message is longer than one block")
        words[count >> 1] |= UInt32(number) << (count & 1 == 0 ? 16 : 0)
        count += 1
    }

    /// Appends a number in network order.
    @inline(__always)
    mutating func append(_ number: UInt32) {
        append(UInt16(truncatingIfNeeded: number >> 16))
        append(UInt16(truncatingIfNeeded: number))
    }

    /// Appends a number in network order.
    @inline(__always)
    mutating func append(_ number: UInt64) {
        append(UInt32(truncatingIfNeeded: number >> 32))
        append(UInt32(truncatingIfNeeded: number))
    }

    /// The digest of what was appended.
    consuming func digest() -> Digest {
        words[count >> 1] |= 0x8000 << (count & 1 == 0 ? 16 : 0)
        words[15] = UInt32(count) * 16
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { schedule in
            for round in 0..<16 { schedule[round] = words[round] }
            for round in 16..<80 {
                let mixed =
                    schedule[round &- 3] ^ schedule[round &- 8] ^ schedule[round &- 14] ^ schedule[round &- 16]
                schedule[round] = SHA1Block.rotate(mixed, 1)
            }
            return State().digest(schedule)
        }
    }

    @inline(__always)
    fileprivate static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 {
        word &<< bits | word &>> (32 &- bits)
    }

    private struct State {
        var a: UInt32 = 0x6745_2301
        var b: UInt32 = 0xefcd_ab89
        var c: UInt32 = 0x98ba_dcfe
        var d: UInt32 = 0x1032_5476
        var e: UInt32 = 0xc3d2_e1f0

        consuming func digest(_ schedule: UnsafeMutableBufferPointer<UInt32>) -> Digest {
            for round in stride(from: 0, to: 20, by: 5) {
                five(schedule, round, 0x5a82_7999) { ($0 & $1) | (~$0 & $2) }
            }
            for round in stride(from: 20, to: 40, by: 5) {
                five(schedule, round, 0x6ed9_eba1) { $0 ^ $1 ^ $2 }
            }
            for round in stride(from: 40, to: 60, by: 5) {
                five(schedule, round, 0x8f1b_bcdc) { ($0 & $1) | ($0 & $2) | ($1 & $2) }
            }
            for round in stride(from: 60, to: 80, by: 5) {
                five(schedule, round, 0xca62_c1d6) { $0 ^ $1 ^ $2 }
            }
            let start = State()
            return [a &+ start.a, b &+ start.b, c &+ start.c, d &+ start.d, e &+ start.e]
        }

        /// Five rounds, in which every variable has every part once, so that none has to be moved.
        @inline(__always)
        mutating func five(
            _ schedule: UnsafeMutableBufferPointer<UInt32>,
            _ round: Int,
            _ constant: UInt32,
            _ choose: (UInt32, UInt32, UInt32) -> UInt32
        ) {
            e = e &+ SHA1Block.rotate(a, 5) &+ choose(b, c, d) &+ constant &+ schedule[round]
            b = SHA1Block.rotate(b, 30)
            d = d &+ SHA1Block.rotate(e, 5) &+ choose(a, b, c) &+ constant &+ schedule[round &+ 1]
            a = SHA1Block.rotate(a, 30)
            c = c &+ SHA1Block.rotate(d, 5) &+ choose(e, a, b) &+ constant &+ schedule[round &+ 2]
            e = SHA1Block.rotate(e, 30)
            b = b &+ SHA1Block.rotate(c, 5) &+ choose(d, e, a) &+ constant &+ schedule[round &+ 3]
            d = SHA1Block.rotate(d, 30)
            a = a &+ SHA1Block.rotate(b, 5) &+ choose(c, d, e) &+ constant &+ schedule[round &+ 4]
            c = SHA1Block.rotate(c, 30)
        }
    }
}
