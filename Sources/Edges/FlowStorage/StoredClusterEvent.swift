import FlowModel

/// The bytes beside an event in the journal of a cluster.
enum StoredClusterEvent {
    /// What kind of event it is; the raw value is stored.
    enum Kind: Int64 {
        case listed = 0
        case changed = 1
        case deleted = 2
        case gap = 3
    }

    /// The version's text and the numbers of the objects' rows: the text's length, the text, then each number, all
    /// numbers as varints of seven bits a byte, low bits first.
    static func list(_ rows: [Int64], version: String) -> [UInt8] {
        var bytes: [UInt8] = []
        append(UInt64(version.utf8.count), to: &bytes)
        bytes += Array(version.utf8)
        for row in rows { append(UInt64(bitPattern: row), to: &bytes) }
        return bytes
    }

    /// What `list` wrote; `nil` for anything else.
    static func list(_ bytes: [UInt8]) -> (rows: [Int64], version: String)? {
        var rest = bytes[...]
        guard let length = take(from: &rest), length <= UInt64(rest.count) else { return nil }
        let version = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
        rest = rest.dropFirst(Int(length))
        var rows: [Int64] = []
        while !rest.isEmpty {
            guard let row = take(from: &rest) else { return nil }
            rows.append(Int64(bitPattern: row))
        }
        return (rows, version)
    }

    /// When the gap began, as a varint, and why.
    static func gap(from: Timestamp, reason: String) -> [UInt8] {
        var bytes: [UInt8] = []
        append(UInt64(bitPattern: from.nanoseconds), to: &bytes)
        return bytes + Array(reason.utf8)
    }

    /// What `gap` wrote; `nil` for anything else.
    static func gap(_ bytes: [UInt8]) -> (from: Timestamp, reason: String)? {
        var rest = bytes[...]
        guard let from = take(from: &rest) else { return nil }
        return (Timestamp(nanoseconds: Int64(bitPattern: from)), String(decoding: rest, as: UTF8.self))
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest > 127 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private static func take(from rest: inout ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            number |= UInt64(byte & 127) << shift
            if byte < 128 { return number }
        }
        return nil
    }
}
