/// A JSON value (RFC 8259).
///
/// Whole numbers that fit 64 bits are `integer`; all others are `double`.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue {
    /// The value of a key; `nil` where this is no object or has no such key.
    package subscript(_ key: String) -> JSONValue? {
        guard case .object(let fields) = self else { return nil }
        return fields[key]
    }

    /// The string; `nil` for other kinds of value.
    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The whole number, also when it was written as `1.0` or `1e3`; `nil` for other kinds of value.
    package var int: Int64? {
        switch self {
        case .integer(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The number; `nil` for other kinds of value.
    package var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The truth value; `nil` for other kinds of value.
    package var flag: Bool? {
        guard case .bool(let flag) = self else { return nil }
        return flag
    }

    /// The elements; empty for other kinds of value.
    package var items: [JSONValue] {
        guard case .array(let items) = self else { return [] }
        return items
    }

    /// The members; empty for other kinds of value.
    package var fields: [String: JSONValue] {
        guard case .object(let fields) = self else { return [:] }
        return fields
    }
}

extension JSONValue {
    /// How deep arrays and objects may nest.
    package static let maximumDepth = 128

    /// Parses exactly one value, with white space around it, by the strict grammar of RFC 8259 in valid UTF-8.
    ///
    /// Of duplicate keys the last wins. An escaped surrogate must have its partner. A number too large for a
    /// double is an error.
    /// - Parameters:
    ///   - bytes: The whole text.
    ///   - skipping: Keys whose arrays and objects are checked but not built, at any depth; other values of
    ///     these keys are built, so that a label may have such a name.
    /// - Throws: `JSONError` with the offset of the first byte that does not fit.
    package static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>,
        skipping: Set<String> = []
    ) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes: bytes, skipping: skipping)
        return try parser.parseText()
    }

    /// Parses exactly one value; see the overload that takes a buffer.
    package static func parse(_ bytes: [UInt8], skipping: Set<String> = []) throws(JSONError) -> JSONValue {
        try parse(bytes[...], skipping: skipping)
    }

    /// Parses exactly one value; offsets in errors count from the start of the slice.
    package static func parse(
        _ bytes: ArraySlice<UInt8>,
        skipping: Set<String> = []
    ) throws(JSONError) -> JSONValue {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSONValue, JSONError> in
            do throws(JSONError) {
                return .success(try parse(buffer, skipping: skipping))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Parses exactly one value from text.
    package static func parse(_ text: String, skipping: Set<String> = []) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8)[...], skipping: skipping)
    }
}
