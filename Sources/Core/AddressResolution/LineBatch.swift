/// Bytes as they come, handed on in whole lines; a line that is too long keeps enough of it to be told as such.
package struct LineBatch: Sendable {
    private var partial: [UInt8] = []

    /// Nothing yet.
    package init() {}

    /// The lines that end in these bytes, with those that began before; empty where none ends.
    package mutating func add(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
            keep(bytes)
            return []
        }
        let first = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? end
        keep(bytes[..<first])
        let lines = partial + bytes[first...end]
        partial = []
        keep(bytes[(end + 1)...])
        return lines
    }

    /// The last line, if it has no end of its own.
    package mutating func finish() -> [UInt8] {
        defer { partial = [] }
        return partial
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        partial += bytes.prefix(max(0, AnswerStream.lineBytesMax + 1 - partial.count))
    }
}
