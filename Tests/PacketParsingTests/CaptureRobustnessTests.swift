import PacketParsing
import TestSupport
import Testing

/// No bytes make the reader trap, hang or read outside of them.
struct CaptureRobustnessTests {
    private static func samples() -> [[UInt8]] {
        var classic = CaptureFileBuilder(isBigEndian: true)
        classic.fileHeader(magic: 0xa1b2_c3d4)
        for index: UInt32 in 0..<4 { classic.record(index, 5, Array(repeating: 7, count: Int(index * 3))) }
        var blocks = CaptureFileBuilder()
        for isBigEndian in [false, true] {
            blocks.section(bigEndian: isBigEndian)
            blocks.interface(
                snapLength: 3,
                options: [(2, Array("eth0".utf8)), (9, [0x8a]), (14, [0, 0, 0, 0, 0, 0, 0, 1])]
            )
            blocks.enhanced(ticks: 5, [1, 2, 3, 4, 5])
            blocks.block(3) { body in
                body.put(UInt32(3))
                body.bytes += [1, 2, 3]
            }
            blocks.block(2) { body in
                body.put(UInt32(0))
                body.put(UInt64(9))
                body.put(UInt64(0))
            }
        }
        return [classic.bytes, blocks.bytes]
    }

    /// What holds of every reading, whatever the bytes.
    private static func check(_ bytes: [UInt8], atMost packets: Int? = nil) {
        guard let read = try? ReadCapture(bytes) else { return }
        let captured = read.packets.reduce(0) { $0 + $1.data.count }
        #expect(captured <= bytes.count)
        #expect(read.packets.count <= packets ?? bytes.count)
        #expect(read.packets.allSatisfy { read.interfaces.indices.contains($0.interface) })
    }

    @Test func `every truncation yields the packets before it`() throws {
        for sample in Self.samples() {
            let whole = try ReadCapture(sample)
            #expect(whole.failure == nil)
            for length in 0..<sample.count {
                guard let read = try? ReadCapture(Array(sample[..<length])) else { continue }
                #expect(read.packets == Array(whole.packets[..<read.packets.count]))
                #expect(read.packets.count < whole.packets.count)
                if let failure = read.failure {
                    #expect(failure.kind == .truncatedRecord)
                    #expect(failure.offset + failure.had == length)
                    #expect(failure.needed > failure.had)
                }
            }
        }
    }

    @Test(.needsSharedData)
    func `every truncation of real captures is survived`() throws {
        for path in [
            "arkime/bigendian.pcap", "gopacket/pcapgo__tests__be__test102.pcapng",
            "gopacket/pcapgo__tests__le__test202.pcapng", "community-id-spec/ipv6.pcap",
        ] {
            let bytes = try SharedData.bytes("pcap/\(path)").prefix(4096)
            for length in 0..<bytes.count { Self.check(Array(bytes[..<length])) }
        }
    }

    @Test func `random changes are survived`() {
        var random = CaptureRandom(state: 2026)
        let samples = Self.samples()
        for round in 0..<40_000 {
            var bytes = samples[round % samples.count]
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = 0xff
                case 1: bytes[index] = 0
                case 2: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                default: bytes[index] = .random(in: 0...255, using: &random)
                }
            }
            Self.check(bytes)
        }
    }

    @Test func `random bytes behind a magic number are survived`() {
        var random = CaptureRandom(state: 7)
        for round in 0..<20_000 {
            var bytes = Array(Self.samples()[round % 2].prefix(28))
            let count = Int.random(in: 0..<200, using: &random)
            bytes += (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) & 0x8f }
            Self.check(bytes)
        }
    }
}

/// SplitMix64, so that a failure can be repeated.
struct CaptureRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
