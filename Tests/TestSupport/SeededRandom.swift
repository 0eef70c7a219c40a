/// SplitMix64: the same numbers on every run.
package struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    /// The numbers of a seed.
    package init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// A number from 0 up to but not including 1.
    package mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }

    /// A number of nanoseconds between two numbers of seconds.
    package mutating func time(_ least: Double, _ most: Double) -> Int64 {
        Int64((least + unit() * (most - least)) * 1e9)
    }

    /// Whether something of this probability happens.
    package mutating func happens(_ probability: Double) -> Bool { unit() < probability }

    /// A number from 0 up to but not including `count`, which is at least 1.
    package mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
}
