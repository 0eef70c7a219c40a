/// Writes JSON into one growing buffer; commas and colons come by themselves.
///
/// The caller keeps begin and end balanced and gives each object member a key. One writer is meant to be
/// reused for many records: nothing is allocated once the buffer has grown to the size of a batch.
package struct JSONWriter: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    /// How many bytes have been written.
    package var count: Int { length }
    @usableFromInline var length = 0
    @usableFromInline var needsComma = false

    /// An empty writer with room for so many bytes.
    package init(capacity: Int = 4096) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// A copy of what was written.
    package var bytes: [UInt8] { Array(UnsafeBufferPointer(start: base, count: length)) }

    /// What was written as a string.
    package var text: String {
        String(decoding: UnsafeBufferPointer(start: base, count: length), as: UTF8.self)
    }

    /// Calls the body with what was written, without a copy; the buffer is valid only during the call.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeBufferPointer(start: base, count: length))
    }

    /// Forgets what was written and keeps the memory.
    package mutating func removeAll() {
        length = 0
        needsComma = false
    }

    // MARK: Structure

    /// Opens an object, as a value.
    @inlinable
    package mutating func beginObject() { open(UInt8(ascii: "{")) }

    /// Closes the object.
    @inlinable
    package mutating func endObject() { close(UInt8(ascii: "}")) }

    /// Opens an array, as a value.
    @inlinable
    package mutating func beginArray() { open(UInt8(ascii: "[")) }

    /// Closes the array.
    @inlinable
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Ends a top-level value with a line feed, so that the next starts a line (NDJSON).
    @inlinable
    package mutating func newline() {
        need(1)
        put(UInt8(ascii: "\n"))
        needsComma = false
    }

    /// Writes the key of the member whose value comes next; the name is ASCII that needs no escape.
    @inlinable
    package mutating func key(_ name: StaticString) {
        let size = name.utf8CodeUnitCount
        need(size + 4)
        separate()
        put(UInt8(ascii: "\""))
        put(name)
        put(UInt8(ascii: "\""))
        put(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a key that may need escapes.
    package mutating func key(text: String) {
        string(text)
        need(1)
        put(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Values

    /// Writes a string, with the escapes it needs.
    package mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string(utf8: $0) }
    }

    /// Writes a string from its UTF-8 bytes, with the escapes it needs; they must be well-formed.
    package mutating func string(utf8: UnsafeBufferPointer<UInt8>) {
        need(utf8.count + 3)
        separate()
        put(UInt8(ascii: "\""))
        let start = length
        for byte in utf8 {
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                length = start
                return escaped(utf8)
            }
            put(byte)
        }
        put(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Writes a fixed string, ASCII that needs no escape.
    @inlinable
    package mutating func symbol(_ text: StaticString) {
        need(text.utf8CodeUnitCount + 3)
        separate()
        put(UInt8(ascii: "\""))
        put(text)
        put(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Writes a string whose ASCII bytes the body puts at the start of a buffer; it returns how many.
    ///
    /// For what needs no escape and has a formatter of its own, such as addresses and times.
    @inlinable
    package mutating func ascii(atMost size: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Int) {
        need(size + 3)
        separate()
        put(UInt8(ascii: "\""))
        let written = body(UnsafeMutableBufferPointer(start: base + length, count: size))
        precondition((0...size).contains(written), "the body said that it wrote more than it may")
        length += written
        put(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Writes finished JSON of one or more whole values or members, such as `"ecs":{"version":"8.17"}`.
    @inlinable
    package mutating func raw(_ json: StaticString) {
        need(json.utf8CodeUnitCount + 1)
        separate()
        put(json)
        needsComma = true
    }

    /// Writes a whole number.
    @inlinable
    package mutating func int(_ value: some FixedWidthInteger) {
        if value < 0 {
            decimal(UInt64(clamping: value.magnitude), isNegative: true)
        } else {
            decimal(UInt64(clamping: value), isNegative: false)
        }
    }

    /// Writes a number with the fewest digits that read back the same; `null` for what JSON cannot hold.
    package mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        var text = value.description
        need(text.utf8.count + 1)
        separate()
        text.withUTF8 { for byte in $0 { put(byte) } }
        needsComma = true
    }

    /// Writes `true` or `false`.
    @inlinable
    package mutating func bool(_ value: Bool) {
        if value { raw("true") } else { raw("false") }
    }

    /// Writes `null`.
    @inlinable
    package mutating func null() { raw("null") }

    /// Writes a whole value, the keys of objects in order.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .integer(let number): int(number)
        case .double(let number): double(number)
        case .string(let text): string(text)
        case .array(let items):
            beginArray()
            for item in items { self.value(item) }
            endArray()
        case .object(let fields):
            beginObject()
            for (name, item) in fields.sorted(by: { $0.key < $1.key }) {
                key(text: name)
                self.value(item)
            }
            endObject()
        }
    }

    // MARK: Bytes

    @inlinable
    mutating func open(_ bracket: UInt8) {
        need(2)
        separate()
        put(bracket)
        needsComma = false
    }

    @inlinable
    mutating func close(_ bracket: UInt8) {
        need(1)
        put(bracket)
        needsComma = true
    }

    /// Makes room; every `put` relies on it.
    @inlinable
    mutating func need(_ size: Int) {
        if capacity - length < size { grow(by: size) }
    }

    @inline(never)
    @usableFromInline
    mutating func grow(by size: Int) {
        let target = max(capacity * 2, length + size)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: target)
        larger.update(from: base, count: length)
        base.deallocate()
        base = larger
        capacity = target
    }

    @inlinable
    mutating func put(_ byte: UInt8) {
        base[length] = byte
        length &+= 1
    }

    @inlinable
    mutating func put(_ text: StaticString) {
        (base + length).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        length &+= text.utf8CodeUnitCount
    }

    @inlinable
    mutating func separate() {
        if needsComma { put(UInt8(ascii: ",")) }
    }

    @usableFromInline
    mutating func decimal(_ magnitude: UInt64, isNegative: Bool) {
        need(22)
        separate()
        if isNegative { put(UInt8(ascii: "-")) }
        var digits = 1
        var limit = magnitude / 10
        while limit > 0 {
            digits += 1
            limit /= 10
        }
        var rest = magnitude
        for offset in stride(from: digits - 1, through: 0, by: -1) {
            base[length + offset] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        length += digits
        needsComma = true
    }

    @inline(never)
    private mutating func escaped(_ utf8: UnsafeBufferPointer<UInt8>) {
        need(utf8.count * 6 + 1)
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""): put("\\\"" as StaticString)
            case UInt8(ascii: "\\"): put("\\\\" as StaticString)
            case 0x08: put("\\b" as StaticString)
            case 0x09: put("\\t" as StaticString)
            case 0x0a: put("\\n" as StaticString)
            case 0x0c: put("\\f" as StaticString)
            case 0x0d: put("\\r" as StaticString)
            case 0..<0x20:
                put("\\u00" as StaticString)
                put(byte >> 4 + UInt8(ascii: "0"))
                let low = byte & 15
                put(low < 10 ? low + UInt8(ascii: "0") : low - 10 + UInt8(ascii: "a"))
            default: put(byte)
            }
        }
        put(UInt8(ascii: "\""))
        needsComma = true
    }
}
