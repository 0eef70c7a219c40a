/// A stream of `conntrack` output: bytes in, in pieces of any size; events out, one a line.
package struct ConntrackLog: Sendable {
    /// The longest line that is parsed, in bytes.
    package static let longestLine = 4096

    /// How many lines have been read, blank ones included.
    package private(set) var lines = 0
    /// How many of them were events.
    package private(set) var events = 0
    /// How many were rejected, by what was expected instead.
    package private(set) var rejected: [ConntrackSyntaxError.Expectation: Int] = [:]

    /// The beginning of a line whose end has not come yet.
    private var partial: [UInt8] = []
    private var isTooLong = false

    /// A stream of which nothing has been read.
    package init() {}

    /// Reads the next bytes; `body` gets an event or an error for each line that ends in them, blank lines excepted.
    package mutating func read(
        _ chunk: [UInt8],
        _ body: (Result<ConntrackEvent, ConntrackSyntaxError>) -> Void
    ) {
        readLines(of: chunk, body)
    }

    /// Reads the next bytes; see the overload that takes an array.
    package mutating func read(
        _ chunk: UnsafeBufferPointer<UInt8>,
        _ body: (Result<ConntrackEvent, ConntrackSyntaxError>) -> Void
    ) {
        readLines(of: chunk, body)
    }

    private mutating func readLines<Bytes: RandomAccessCollection>(
        of chunk: Bytes,
        _ body: (Result<ConntrackEvent, ConntrackSyntaxError>) -> Void
    ) where Bytes.Element == UInt8, Bytes.Index == Int {
        var rest = chunk[...]
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[..<newline]
            rest = rest[(newline + 1)...]
            if partial.isEmpty, !isTooLong {
                end(line, body)
            } else {
                keep(line)
                endPartial(body)
            }
        }
        keep(rest)
    }

    /// Reads the last line where no newline ends it.
    package mutating func finish(_ body: (Result<ConntrackEvent, ConntrackSyntaxError>) -> Void) {
        if !partial.isEmpty || isTooLong { endPartial(body) }
    }

    private mutating func keep(_ bytes: some Collection<UInt8>) {
        if partial.count + bytes.count > ConntrackLog.longestLine {
            partial.removeAll(keepingCapacity: true)
            isTooLong = true
        } else if !isTooLong {
            partial += bytes
        }
    }

    private mutating func endPartial(_ body: (Result<ConntrackEvent, ConntrackSyntaxError>) -> Void) {
        let line = partial
        partial = []
        if isTooLong {
            isTooLong = false
            lines += 1
            reject(ConntrackSyntaxError(line: lines, column: 1, expected: .shorterLine), body)
        } else {
            end(line[...], body)
        }
    }

    private mutating func end<Bytes: RandomAccessCollection>(
        _ bytes: Bytes,
        _ body: (Result<ConntrackEvent, ConntrackSyntaxError>) -> Void
    ) where Bytes.Element == UInt8, Bytes.Index == Int {
        lines += 1
        let line = bytes.dropLast(bytes.last == UInt8(ascii: "\r") ? 1 : 0)
        guard line.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { return }
        guard line.count <= ConntrackLog.longestLine else {
            reject(ConntrackSyntaxError(line: lines, column: 1, expected: .shorterLine), body)
            return
        }
        var parser = ConntrackLineParser(line)
        do throws(ConntrackSyntaxError) {
            let event = try parser.event()
            events += 1
            body(.success(event))
        } catch {
            reject(ConntrackSyntaxError(line: lines, column: error.column, expected: error.expected), body)
        }
    }

    private mutating func reject(
        _ error: ConntrackSyntaxError,
        _ body: (Result<ConntrackEvent, ConntrackSyntaxError>) -> Void
    ) {
        rejected[error.expected, default: 0] += 1
        body(.failure(error))
    }
}
