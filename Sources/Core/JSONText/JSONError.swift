/// Why a text is not JSON: where, and what RFC 8259 allows there.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The offset of the first byte that does not fit, from the start of the text.
    package let offset: Int
    /// What was expected there.
    package let expected: String

    /// An error at an offset.
    package init(offset: Int, expected: String) {
        self.offset = offset
        self.expected = expected
    }

    /// `JSON: expected a value at byte 12`.
    package var description: String { "JSON: expected \(expected) at byte \(offset)" }
}
