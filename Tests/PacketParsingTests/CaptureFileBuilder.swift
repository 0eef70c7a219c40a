import PacketParsing

/// Makes capture files byte by byte, in either byte order.
struct CaptureFileBuilder {
    var bytes: [UInt8] = []
    var isBigEndian = false

    mutating func put<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian) { bytes += $0 }
    }

    mutating func fileHeader(magic: UInt32, version: (UInt16, UInt16) = (2, 4), network: UInt32 = 1) {
        put(magic)
        put(version.0)
        put(version.1)
        put(UInt64(0))
        put(UInt32(65535))
        put(network)
    }

    mutating func record(_ seconds: UInt32, _ fraction: UInt32, _ data: [UInt8], original: UInt32? = nil) {
        put(seconds)
        put(fraction)
        put(UInt32(data.count))
        put(original ?? UInt32(data.count))
        bytes += data
    }

    mutating func block(_ type: UInt32, _ body: (inout CaptureFileBuilder) -> Void) {
        var inner = CaptureFileBuilder(isBigEndian: isBigEndian)
        body(&inner)
        while inner.bytes.count % 4 != 0 { inner.bytes.append(0) }
        put(type)
        put(UInt32(inner.bytes.count + 12))
        bytes += inner.bytes
        put(UInt32(inner.bytes.count + 12))
    }

    mutating func section(bigEndian: Bool = false) {
        isBigEndian = bigEndian
        block(0x0a0d_0d0a) { body in
            body.put(UInt32(0x1a2b_3c4d))
            body.put(UInt16(1))
            body.put(UInt16(0))
            body.put(UInt64.max)
        }
    }

    mutating func interface(linkType: UInt16 = 1, snapLength: UInt32 = 0, options: [(UInt16, [UInt8])] = []) {
        block(1) { body in
            body.put(linkType)
            body.put(UInt16(0))
            body.put(snapLength)
            for (code, value) in options {
                body.put(code)
                body.put(UInt16(value.count))
                body.bytes += value
                while body.bytes.count % 4 != 0 { body.bytes.append(0) }
            }
            if !options.isEmpty { body.put(UInt32(0)) }
        }
    }

    mutating func enhanced(interface: UInt32 = 0, ticks: UInt64, _ data: [UInt8], original: UInt32? = nil) {
        block(6) { body in
            body.put(interface)
            body.put(UInt32(ticks >> 32))
            body.put(UInt32(truncatingIfNeeded: ticks))
            body.put(UInt32(data.count))
            body.put(original ?? UInt32(data.count))
            body.bytes += data
        }
    }

    /// What a reader makes of the bytes.
    func read() throws(CaptureFileError) -> ReadCapture { try ReadCapture(bytes) }
}

/// All that a reader yields of a file.
struct ReadCapture {
    struct Packet: Equatable {
        var data: [UInt8]
        var original: Int
        var nanoseconds: Int64
        var linkType: UInt16 = 1
        var interface = 0
    }

    var packets: [Packet] = []
    var interfaces: [CaptureInterface] = []
    var failure: CaptureFileError?

    init(_ bytes: [UInt8]) throws(CaptureFileError) {
        // Exactly as large as the bytes, so that a sanitizer sees a read past the end.
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        var reader = try CaptureFileReader(UnsafeRawBufferPointer(copy))
        while let packet = reader.next() {
            packets.append(
                Packet(
                    data: Array(packet.bytes),
                    original: packet.originalLength,
                    nanoseconds: packet.nanoseconds,
                    linkType: packet.linkType.rawValue,
                    interface: packet.interface
                )
            )
        }
        interfaces = reader.interfaces
        failure = reader.failure
    }
}
