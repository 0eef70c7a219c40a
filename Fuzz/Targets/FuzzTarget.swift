/// Something that reads hostile bytes, and what must hold of it whatever they are.
///
/// A trap is a bug, and so is a broken promise, which is thrown: a fuzzer traps on it, a test reports it.
package struct FuzzTarget: Sendable {
    /// The name of the fuzzer and of its folder of regressions.
    package let name: String
    /// Reads one input and checks what was read.
    package let run: @Sendable (UnsafeRawBufferPointer) throws -> Void

    /// All of them.
    package static let all: [FuzzTarget] = [
        .packets, .captures, .dns, .http, .meter, .names, .questions,
    ]

    /// Runs one input and ends the process where a promise is broken, which is how libFuzzer learns of it.
    package func runOrTrap(_ bytes: UnsafeRawBufferPointer) {
        do {
            try run(bytes)
        } catch {
            fatalError("\(name): \(error)")
        }
    }
}

/// A promise that was not kept.
package struct BrokenPromise: Error, CustomStringConvertible {
    /// What should have held.
    package let description: String
}

/// Throws what should have held, if it does not.
@inline(__always)
func require(_ condition: Bool, _ promise: StaticString) throws {
    if !condition { throw BrokenPromise(description: "\(promise)") }
}
