/// A recursive-descent parser over a buffer that outlives it.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let skipping: Set<String>
    private var index = 0
    private var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>, skipping: Set<String>) {
        self.bytes = bytes
        self.skipping = skipping
    }

    mutating func parseText() throws(JSONError) -> JSONValue {
        skipSpace()
        let value = try value()
        skipSpace()
        guard index == bytes.count else { throw error("the end of the text") }
        return value
    }

    private func error(_ expected: String, at offset: Int? = nil) -> JSONError {
        JSONError(offset: offset ?? index, expected: expected)
    }

    /// The next byte; at the end 0, which the grammar allows nowhere.
    @inline(__always)
    private var next: UInt8 { index < bytes.count ? bytes[index] : 0 }

    @inline(__always)
    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0a, 0x0d, 0x09: index += 1
            default: return
            }
        }
    }

    // MARK: Values

    private mutating func value() throws(JSONError) -> JSONValue {
        switch next {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error("a value")
        }
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        try enter()
        var fields: [String: JSONValue] = [:]
        if next == UInt8(ascii: "}") {
            leave()
            return .object(fields)
        }
        while true {
            let key = try key()
            if next == UInt8(ascii: "{") || next == UInt8(ascii: "["), skipping.contains(key) {
                try skipValue()
            } else {
                fields[key] = try value()
            }
            if try endsAfterElement(UInt8(ascii: "}")) { return .object(fields) }
        }
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        try enter()
        var items: [JSONValue] = []
        if next == UInt8(ascii: "]") {
            leave()
            return .array(items)
        }
        while true {
            items.append(try value())
            if try endsAfterElement(UInt8(ascii: "]")) { return .array(items) }
        }
    }

    private mutating func enter() throws(JSONError) {
        guard depth < JSONValue.maximumDepth else {
            throw error("at most \(JSONValue.maximumDepth) levels")
        }
        depth += 1
        index += 1
        skipSpace()
    }

    private mutating func leave() {
        depth -= 1
        index += 1
    }

    private mutating func key() throws(JSONError) -> String {
        guard next == UInt8(ascii: "\"") else { throw error("a key") }
        let key = try string()
        try colon()
        return key
    }

    private mutating func colon() throws(JSONError) {
        skipSpace()
        guard next == UInt8(ascii: ":") else { throw error("a colon") }
        index += 1
        skipSpace()
    }

    /// Reads the comma or the closing bracket after an element; whether it was the bracket.
    private mutating func endsAfterElement(_ bracket: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        if next == bracket {
            leave()
            return true
        }
        guard next == UInt8(ascii: ",") else {
            throw error(bracket == UInt8(ascii: "}") ? "a comma or }" : "a comma or ]")
        }
        index += 1
        skipSpace()
        return false
    }

    private mutating func word(_ word: StaticString) throws(JSONError) {
        let start = index
        for offset in 0..<word.utf8CodeUnitCount {
            guard next == word.utf8Start[offset] else { throw error("\(word)", at: start) }
            index += 1
        }
    }

    // MARK: Values that nobody wants

    private mutating func skipValue() throws(JSONError) {
        switch next {
        case UInt8(ascii: "{"):
            try enter()
            if next == UInt8(ascii: "}") { return leave() }
            repeat {
                guard next == UInt8(ascii: "\"") else { throw error("a key") }
                try skipString()
                try colon()
                try skipValue()
            } while try !endsAfterElement(UInt8(ascii: "}"))
        case UInt8(ascii: "["):
            try enter()
            if next == UInt8(ascii: "]") { return leave() }
            repeat { try skipValue() } while try !endsAfterElement(UInt8(ascii: "]"))
        case UInt8(ascii: "\""): try skipString()
        default: _ = try value()
        }
    }

    private mutating func skipString() throws(JSONError) {
        let span = try scanString()
        if span.hasEscapes { _ = try unescape(span) }
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = index
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var magnitude: UInt64 = 0
        var isExact = true
        let digits = index
        while case UInt8(ascii: "0")...UInt8(ascii: "9") = next {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.addingReportingOverflow(UInt64(next &- UInt8(ascii: "0")))
            if overflow || overflow2 { isExact = false }
            magnitude = sum
            index += 1
        }
        guard index > digits else { throw error("a digit") }
        if bytes[digits] == UInt8(ascii: "0"), index > digits + 1 {
            throw error("no digit after a leading zero", at: digits + 1)
        }
        var isWhole = true
        if next == UInt8(ascii: ".") {
            isWhole = false
            index += 1
            try skipDigits()
        }
        if next | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            index += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
            try skipDigits()
        }
        if isWhole, isExact {
            if !isNegative, let value = Int64(exactly: magnitude) { return .integer(value) }
            // "-0" is a double, so that its sign survives.
            if isNegative, magnitude > 0, magnitude <= UInt64(Int64.max) + 1 {
                return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
            }
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw error("a number that a double can hold", at: start)
        }
        return .double(value)
    }

    private mutating func skipDigits() throws(JSONError) {
        let start = index
        while case UInt8(ascii: "0")...UInt8(ascii: "9") = next { index += 1 }
        guard index > start else { throw error("a digit") }
    }

    // MARK: Strings

    private struct StringSpan {
        let start: Int
        let end: Int
        let hasEscapes: Bool
    }

    private mutating func string() throws(JSONError) -> String {
        let span = try scanString()
        if span.hasEscapes { return try unescape(span) }
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[span.start..<span.end]), as: UTF8.self)
    }

    /// Finds the closing quote and checks control characters and UTF-8, but not escapes.
    private mutating func scanString() throws(JSONError) -> StringSpan {
        index += 1
        let start = index
        var hasEscapes = false
        var isASCII = true
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                if !isASCII, let bad = UTF8Check.firstInvalid(bytes, start, index) {
                    throw error("valid UTF-8", at: bad)
                }
                let span = StringSpan(start: start, end: index, hasEscapes: hasEscapes)
                index += 1
                return span
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                index += 1
                guard index < bytes.count else { break }
                if bytes[index] >= 0x80 { isASCII = false }
            } else if byte < 0x20 {
                throw error("an escape for a control character")
            } else if byte >= 0x80 {
                isASCII = false
            }
            index += 1
        }
        throw error("a closing quote", at: bytes.count)
    }

    private func unescape(_ span: StringSpan) throws(JSONError) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(span.end - span.start)
        var position = span.start
        while position < span.end {
            let byte = bytes[position]
            guard byte == UInt8(ascii: "\\") else {
                output.append(byte)
                position += 1
                continue
            }
            // The scan saw that a byte follows every backslash before the quote.
            switch bytes[position + 1] {
            case UInt8(ascii: "\""): output.append(UInt8(ascii: "\""))
            case UInt8(ascii: "\\"): output.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "/"): output.append(UInt8(ascii: "/"))
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0c)
            case UInt8(ascii: "n"): output.append(0x0a)
            case UInt8(ascii: "r"): output.append(0x0d)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                let (scalar, length) = try escapedScalar(position, span.end)
                output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                position += length
                continue
            default: throw error("an escape", at: position)
            }
            position += 2
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The scalar of a `\uXXXX` or of a pair of them, and its length in bytes.
    private func escapedScalar(_ position: Int, _ end: Int) throws(JSONError) -> (Unicode.Scalar, Int) {
        let first = try hexDigits(position + 2, end)
        if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
        guard first < 0xdc00, position + 7 < end, bytes[position + 6] == UInt8(ascii: "\\"),
            bytes[position + 7] == UInt8(ascii: "u")
        else { throw error("a pair of surrogates", at: position) }
        let second = try hexDigits(position + 8, end)
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
        else { throw error("a low surrogate", at: position + 6) }
        return (scalar, 12)
    }

    private func hexDigits(_ position: Int, _ end: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for offset in position..<position + 4 {
            guard offset < end else { throw error("four hexadecimal digits", at: position) }
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 87)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 55)
            default: throw error("four hexadecimal digits", at: position)
            }
        }
        return value
    }
}
