import FlowModel
import NetworkAddressing

/// Bytes being written: room is made once per field, then each part is a plain copy.
///
/// Every `put` says the most it can write, so that no write passes the end.
struct RecordBuffer: Sendable {
    /// Written bytes, then room.
    private var storage: [UInt8]
    /// How many bytes have been written.
    private(set) var count = 0
    /// The second of the last time written, and its text up to the second: reports of one interval share it.
    private var second: Int64 = .min
    private var secondText: [UInt8] = Array(repeating: 0, count: 30)

    init(capacity: Int = 4096) {
        storage = Array(repeating: 0, count: capacity)
    }

    mutating func removeAll() { count = 0 }

    /// What was written.
    var bytes: ArraySlice<UInt8> { storage[..<count] }

    /// Appends what was written to other bytes.
    func append(to output: inout [UInt8]) {
        storage.withUnsafeBufferPointer { buffer in
            output.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[..<count]))
        }
    }

    @inline(never)
    private mutating func grow(by size: Int) {
        storage.append(contentsOf: repeatElement(0, count: max(storage.count, size)))
    }

    /// Lets the body write at most so many bytes at the end; it returns how many it did.
    @inline(__always)
    private mutating func write(atMost size: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Int) {
        if storage.count - count < size { grow(by: size) }
        let start = count
        count += storage.withUnsafeMutableBufferPointer { buffer in
            body(UnsafeMutableBufferPointer(rebasing: buffer[start..<start + size]))
        }
    }

    /// Writes a literal as it stands.
    @inline(__always)
    mutating func literal(_ text: StaticString) {
        let size = text.utf8CodeUnitCount
        write(atMost: size) { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            base.update(from: text.utf8Start, count: size)
            return size
        }
    }

    /// Writes bytes as they stand.
    mutating func put(_ bytes: [UInt8]) {
        write(atMost: bytes.count) { buffer in
            bytes.withUnsafeBufferPointer { source in
                if let base = buffer.baseAddress, let from = source.baseAddress {
                    base.update(from: from, count: source.count)
                }
            }
            return bytes.count
        }
    }

    /// Writes text as it stands; the caller knows that it needs no escape.
    mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { source in
            write(atMost: source.count) { buffer in
                if let base = buffer.baseAddress, let from = source.baseAddress {
                    base.update(from: from, count: source.count)
                }
                return source.count
            }
        }
    }

    mutating func put(byte: UInt8) {
        write(atMost: 1) { buffer in
            buffer[0] = byte
            return 1
        }
    }

    /// Writes a number in decimal.
    mutating func put(_ number: UInt64) {
        write(atMost: 20) { RecordBuffer.decimal(number, $0) }
    }

    /// Writes a time as RFC 3339 text in UTC with nine decimals.
    mutating func put(_ time: Timestamp) {
        let nanoseconds = time.nanoseconds
        var second = nanoseconds / 1_000_000_000
        if nanoseconds % 1_000_000_000 < 0 { second -= 1 }
        if second != self.second {
            secondText.withUnsafeMutableBufferPointer { _ = time.writeRFC3339(into: $0) }
            self.second = second
        }
        // Wraps only where the whole seconds do not fit, and then takes the wrap back.
        var fraction = nanoseconds &- second &* 1_000_000_000
        secondText.withUnsafeMutableBufferPointer { text in
            for index in stride(from: 28, through: 20, by: -1) {
                text[index] = UInt8(truncatingIfNeeded: fraction % 10) &+ UInt8(ascii: "0")
                fraction /= 10
            }
        }
        put(secondText)
    }

    mutating func put(_ id: ReportID) {
        write(atMost: 22) { id.write(into: $0) }
    }

    /// Writes an address as `IPAddress.description` has it.
    mutating func put(_ address: IPAddress) {
        guard address.family == .v4 else {
            write(atMost: 45) { RecordBuffer.v6(address, $0) }
            return
        }
        // One more than its text: a point follows each part, and the last one is not counted.
        write(atMost: 16) { RecordBuffer.v4(UInt32(truncatingIfNeeded: address.low), $0) }
    }

    /// Writes a Community ID that was computed before.
    mutating func putCommunityID(_ digest: CommunityIDDigest) {
        write(atMost: CommunityID.textLength) { CommunityID.write(digest, into: $0) }
    }

    /// Writes the Community ID of a tuple.
    mutating func putCommunityID(
        _ transport: TransportProtocol,
        _ source: Endpoint,
        _ destination: Endpoint,
        seed: UInt16
    ) {
        write(atMost: CommunityID.textLength) { buffer in
            CommunityID.write(
                transport: transport,
                source: source,
                destination: destination,
                seed: seed,
                into: buffer
            )
        }
    }
}

extension RecordBuffer {
    private static func decimal(_ number: UInt64, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var digits = 1
        var limit = number / 10
        while limit > 0 {
            digits += 1
            limit /= 10
        }
        var rest = number
        for index in stride(from: digits - 1, through: 0, by: -1) {
            buffer[index] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
            rest /= 10
        }
        return digits
    }

    private static func v4(_ bits: UInt32, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var length = 0
        for shift: UInt32 in [24, 16, 8, 0] {
            let part = UInt8(truncatingIfNeeded: bits >> shift)
            if part >= 100 {
                buffer[length] = part / 100 &+ 48
                length += 1
            }
            if part >= 10 {
                buffer[length] = part / 10 % 10 &+ 48
                length += 1
            }
            buffer[length] = part % 10 &+ 48
            buffer[length + 1] = UInt8(ascii: ".")
            length += 2
        }
        return length - 1
    }

    /// RFC 5952: no leading zeros, the first longest run of two or more zero groups as `::`.
    private static func v6(_ address: IPAddress, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        if address.high == 0, address.low >> 32 == 0xffff {
            let prefix: StaticString = "::ffff:"
            for index in 0..<7 { buffer[index] = prefix.utf8Start[index] }
            let rest = UnsafeMutableBufferPointer(rebasing: buffer[7...])
            return 7 + v4(UInt32(truncatingIfNeeded: address.low), rest)
        }
        func group(_ index: Int) -> UInt16 {
            let half = index < 4 ? address.high : address.low
            return UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (index & 3)))
        }
        let zeros = longestRunOfZeros(group)
        var length = 0
        var index = 0
        while index < 8 {
            if index == zeros.lowerBound, !zeros.isEmpty {
                buffer[length] = UInt8(ascii: ":")
                buffer[length + 1] = UInt8(ascii: ":")
                length += 2
                index = zeros.upperBound
                continue
            }
            if index > 0, index != zeros.upperBound || zeros.isEmpty {
                buffer[length] = UInt8(ascii: ":")
                length += 1
            }
            let value = group(index)
            var shift: UInt16 = value >= 0x1000 ? 12 : value >= 0x100 ? 8 : value >= 0x10 ? 4 : 0
            while true {
                let digit = UInt8(truncatingIfNeeded: value >> shift & 15)
                buffer[length] = digit < 10 ? digit &+ 48 : digit &+ 87
                length += 1
                if shift == 0 { break }
                shift -= 4
            }
            index += 1
        }
        return length
    }

    private static func longestRunOfZeros(_ group: (Int) -> UInt16) -> Range<Int> {
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, group(end) == 0 { end += 1 }
            if end - start >= 2, end - start > best.count { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }
}
