import PacketParsing
import Testing

struct CaptureFileTests {
    @Test(arguments: [false, true])
    func `pcap is read in both byte orders and both resolutions`(isBigEndian: Bool) throws {
        for (magic, unit) in [(UInt32(0xa1b2_c3d4), Int64(1000)), (0xa1b2_3c4d, 1)] {
            var file = CaptureFileBuilder(isBigEndian: isBigEndian)
            file.fileHeader(magic: magic, network: 113)
            file.record(4_000_000_000, 5, [1, 2, 3], original: 1500)
            file.record(7, 0, [])
            let read = try file.read()
            #expect(
                read.packets == [
                    .init(
                        data: [1, 2, 3],
                        original: 1500,
                        nanoseconds: 4_000_000_000_000_000_000 + 5 * unit,
                        linkType: 113
                    ),
                    .init(data: [], original: 0, nanoseconds: 7_000_000_000, linkType: 113),
                ]
            )
            #expect(read.failure == nil)
        }
    }

    @Test func `the longer record header of the modified pcap is skipped`() throws {
        var file = CaptureFileBuilder()
        file.fileHeader(magic: 0xa1b2_cd34)
        for value: UInt32 in [1, 2, 3, 60, 9, 9] { file.put(value) }
        file.bytes += [7, 8, 9]
        #expect(try file.read().packets == [.init(data: [7, 8, 9], original: 60, nanoseconds: 1_000_002_000)])
    }

    @Test(arguments: [(2, 2), (2, 3), (543, 0)] as [(UInt16, UInt16)])
    func `old versions with the two lengths exchanged are understood`(version: (UInt16, UInt16)) throws {
        var file = CaptureFileBuilder()
        file.fileHeader(magic: 0xa1b2_c3d4, version: version)
        for value: UInt32 in [1, 0, 60, 3] { file.put(value) }
        file.bytes += [7, 8, 9]
        #expect(try file.read().packets == [.init(data: [7, 8, 9], original: 60, nanoseconds: 1_000_000_000)])
    }

    @Test func `a link type keeps its number beside the length of a frame check sequence`() throws {
        var file = CaptureFileBuilder()
        file.fileHeader(magic: 0xa1b2_c3d4, network: 0x2400_0001)
        #expect(try file.read().interfaces.map(\.linkType) == [.ethernet])
        file.bytes[22] = 0x30
        #expect(throws: CaptureFileError(.unsupportedLinkType(0x2430_0001), offset: 20, needed: 0, had: 0x2430_0001)) {
            try file.read()
        }
    }

    @Test(
        arguments: [
            (6, 0, 1_500_000, 1_500_000_000), (0, 0, 3, 3_000_000_000), (9, 10, 7, 10_000_000_007),
            (12, 0, 5999, 5), (0x8a, 0, 1536, 1_500_000_000), (0xff, 0, 1 << 60, 0), (127, -1, 5, -1_000_000_000),
        ] as [(UInt8, Int64, UInt64, Int64)]
    )
    func `resolution and offset of an interface's time are honoured`(
        resolution: UInt8,
        offset: Int64,
        ticks: UInt64,
        nanoseconds: Int64
    ) throws {
        for isBigEndian in [false, true] {
            var file = CaptureFileBuilder()
            file.section(bigEndian: isBigEndian)
            let offsetBytes = withUnsafeBytes(of: isBigEndian ? offset.bigEndian : offset) { Array($0) }
            file.interface(options: [(2, Array("eth0\0".utf8)), (9, [resolution]), (14, offsetBytes)])
            file.enhanced(ticks: ticks, [1])
            let read = try file.read()
            #expect(read.packets == [.init(data: [1], original: 1, nanoseconds: nanoseconds)])
            #expect(read.interfaces.map(\.name) == ["eth0"])
        }
    }

    @Test func `sections of different byte orders have their own interfaces`() throws {
        var file = CaptureFileBuilder()
        file.section()
        file.interface(linkType: 1)
        file.interface(linkType: 101)
        file.enhanced(interface: 1, ticks: 1, [1], original: 9)
        file.block(0x0bad) { $0.put(UInt64(0)) }
        file.section(bigEndian: true)
        file.interface(linkType: 113, snapLength: 2, options: [(9, [9])])
        file.enhanced(ticks: 2, [2])
        file.block(3) { body in
            body.put(UInt32(600))
            body.bytes += [3, 4]
        }
        file.block(2) { body in
            body.put(UInt32(0))
            body.put(UInt64(3))
            body.put(UInt32(1))
            body.put(UInt32(70))
            body.bytes += [5]
        }
        file.enhanced(interface: 1, ticks: 2, [2])
        let read = try file.read()
        #expect(
            read.packets == [
                .init(data: [1], original: 9, nanoseconds: 1000, linkType: 101, interface: 1),
                .init(data: [2], original: 1, nanoseconds: 2, linkType: 113, interface: 2),
                .init(data: [3, 4], original: 600, nanoseconds: 2, linkType: 113, interface: 2),
                .init(data: [5], original: 70, nanoseconds: 3, linkType: 113, interface: 2),
            ]
        )
        #expect(read.failure?.kind == .unknownInterface)
        #expect(read.failure?.needed == 1)
    }

    @Test func `a truncated last record is told after the packets before it`() throws {
        var file = CaptureFileBuilder()
        file.fileHeader(magic: 0xa1b2_c3d4)
        file.record(1, 0, [1, 2, 3, 4])
        file.record(2, 0, [1, 2, 3, 4])
        file.bytes.removeLast()
        let read = try file.read()
        #expect(read.packets.count == 1)
        #expect(read.failure == CaptureFileError(.truncatedRecord, offset: 44, needed: 20, had: 19))
        #expect(
            read.failure?.description
                == "the file was cut short in the record at byte 44: 20 bytes needed, 19 there"
        )
    }

    @Test func `a length that no packet has ends the packets`() throws {
        var file = CaptureFileBuilder()
        file.fileHeader(magic: 0xa1b2_c3d4)
        for value: UInt32 in [1, 0, 262_145, 3] { file.put(value) }
        file.bytes += [UInt8](repeating: 0, count: 262_145)
        #expect(
            try file.read().failure
                == CaptureFileError(.impossibleLength, offset: 24, needed: 262_145, had: 262_144)
        )
    }

    @Test(
        arguments: [
            ([], .empty, "the file is empty"),
            (
                [0x1f, 0x8b, 8, 0], .compressed(by: .gzip),
                "the file is gzip-compressed: unpack it first with `gunzip`"
            ),
            (
                [0x28, 0xb5, 0x2f, 0xfd], .compressed(by: .zstd),
                "the file is zstd-compressed: unpack it first with `unzstd`"
            ),
            (Array("{\"a\": 1}\n".utf8), .text, "the file is text, not a capture (pcap or pcapng)"),
            ([0, 1, 2, 3, 4], .unknown, "the file is not a capture (pcap or pcapng)"),
        ] as [([UInt8], CaptureFileContent, String)]
    )
    func `what is not a capture is named`(bytes: [UInt8], content: CaptureFileContent, message: String) {
        let error = #expect(throws: CaptureFileError.self) { try ReadCapture(bytes) }
        #expect(error?.kind == .notACapture(content))
        #expect(error?.description == message)
    }

    @Test func `versions that nobody defined are refused`() {
        var file = CaptureFileBuilder()
        file.fileHeader(magic: 0xa1b2_c3d4, version: (3, 0))
        let error = #expect(throws: CaptureFileError.self) { try file.read() }
        #expect(error?.kind == .unsupportedVersion(major: 3, minor: 0))
    }
}
