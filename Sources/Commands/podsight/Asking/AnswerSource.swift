import AddressResolution
import ClusterHistory
import FlowModel
import Terminal

/// An answer as it is printed, and whether it names anybody.
struct FoundAnswer {
    let text: [UInt8]
    let isFound: Bool
}

/// Where answers about addresses come from: a running instance or a recording.
protocol AnswerSource {
    /// Who had an address, in words or in a format.
    func answer(_ address: String, at time: String?, all: Bool, format: String) async throws -> FoundAnswer

    /// Every interval of an address, a pod or a service.
    func history(_ name: String, format: String) async throws -> FoundAnswer

    /// A stream of questions and answers.
    func stream(_ format: AnswerFormat, _ fields: QuestionFields, at time: String?) throws -> any QuestionExchange
}

/// Questions in, answers out, line by line.
protocol QuestionExchange {
    /// How many lines could not be understood so far.
    var bad: Int { get }
    /// How many lines were answered so far.
    var lines: Int { get }

    /// Appends the answers of the lines that end in these bytes.
    mutating func ask(_ bytes: ArraySlice<UInt8>, into output: inout [UInt8]) async throws

    /// Appends the answer of a last line without an end.
    mutating func finish(into output: inout [UInt8]) async throws
}

/// Answers from recordings and manifests.
struct RecordedAnswers: AnswerSource {
    let resolver: AddressResolver

    init(_ paths: [String], _ configuration: ClusterHistory.Configuration) throws {
        var inputs = ReplayInputs(configuration)
        for path in paths { try inputs.addCluster(path: path) }
        resolver = AddressResolver(recording: inputs.history, clock: SystemClock.now)
    }

    func answer(_ address: String, at time: String?, all: Bool, format: String) throws -> FoundAnswer {
        let text = try AddressText(address)
        let question = AddressQuestion(text, at: moment(time))
        let report = resolver.report(question, asked: address, withHolders: all)
        return FoundAnswer(
            text: report.text(ReportFormat(rawValue: format) ?? .table),
            isFound: report.answer.certainty != .unknown
        )
    }

    func history(_ name: String, format: String) throws -> FoundAnswer {
        guard let found = resolver.intervals(of: name) else {
            throw CommandFailure("nothing is known of \(name)", status: .answerIsNo)
        }
        let format = IntervalFormat(rawValue: format) ?? .table
        return FoundAnswer(text: found.text(format, of: name), isFound: true)
    }

    func stream(_ format: AnswerFormat, _ fields: QuestionFields, at time: String?) -> any QuestionExchange {
        RecordedExchange(AnswerStream(resolver, format: format, fields: fields, otherwise: moment(time)))
    }

    private func moment(_ text: String?) -> Timestamp {
        text.flatMap { TimeExpression.parse($0, now: resolver.now) } ?? resolver.now
    }
}

/// A stream over a recording; a reference, because what it holds cannot be copied.
private final class RecordedExchange: QuestionExchange {
    private var stream: AnswerStream

    init(_ stream: consuming AnswerStream) { self.stream = stream }

    var bad: Int { stream.bad }
    var lines: Int { stream.lines }

    func ask(_ bytes: ArraySlice<UInt8>, into output: inout [UInt8]) { stream.read(bytes, into: &output) }

    func finish(into output: inout [UInt8]) { stream.finish(into: &output) }
}
