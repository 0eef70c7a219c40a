/// Why bytes are not a column block.
package struct ColumnBlockError: Error, Hashable, Sendable, CustomStringConvertible {
    /// How many bytes lie before the fault.
    package let offset: Int
    /// What is wrong there.
    package let message: String

    /// A fault at an offset.
    package init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }

    /// The message with the offset.
    package var description: String { "\(message) at byte \(offset)" }
}
