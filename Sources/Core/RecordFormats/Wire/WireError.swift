/// Why bytes are not a batch.
package struct WireError: Error, Hashable, Sendable {
    /// The offset of the byte at which reading went wrong.
    package let offset: Int
    /// The message that was being read, such as `Observation`.
    package let message: String
    /// What is wrong.
    package let problem: String
}

extension WireError: CustomStringConvertible {
    /// One line that says where and why.
    package var description: String { "byte \(offset), in \(message): \(problem)" }
}
