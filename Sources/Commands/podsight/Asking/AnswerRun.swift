import AddressResolution
import Terminal

/// Questions from standard input, answers on standard output, until the input ends.
struct AnswerRun {
    /// Bytes read at once.
    private static let chunkBytes = 1 << 18

    let format: AnswerFormat
    let fields: QuestionFields
    let at: String?

    /// Each line is answered as soon as it is there, so that a pipe that goes on can be followed.
    func run(_ source: any AnswerSource) async throws {
        var exchange = try source.stream(format, fields, at: at)
        var input = StandardInput()
        var stdout = StandardOutput()
        while let bytes = try input.read(atMost: AnswerRun.chunkBytes) {
            try await exchange.ask(bytes[...], into: &stdout.bytes)
            try stdout.flush()
        }
        try await exchange.finish(into: &stdout.bytes)
        try stdout.flush()
        guard exchange.bad > 0 else { return }
        throw CommandFailure(
            "\(exchange.bad) of \(exchange.lines) lines are no questions; their answers say why in `reason`"
        )
    }
}
