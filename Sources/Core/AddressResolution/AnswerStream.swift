import FlowModel

/// Lines of questions to lines of answers, in the same order and as many; takes bytes as they come.
package struct AnswerStream: ~Copyable {
    /// The longest line that is read; a longer one is a question that cannot be understood.
    package static let lineBytesMax = 65_536

    private let resolver: AddressResolver
    private let fields: QuestionFields
    private let time: Timestamp
    private var encoder: AnswerEncoder
    /// The beginning of a line of which the end has not come; of a line that is too long, no more than its beginning.
    private var partial: [UInt8] = []
    private var isTooLong = false
    /// How many lines have been answered.
    package private(set) var lines = 0
    /// How many of them could not be understood.
    package private(set) var bad = 0

    /// A stream of nothing yet.
    ///
    /// - Parameters:
    ///   - resolver: What answers.
    ///   - format: How answers are written.
    ///   - hasHeader: Whether CSV begins with its header.
    ///   - fields: Where JSON lines have what.
    ///   - time: The moment that is meant where a line names none; `nil` for the resolver's now.
    package init(
        _ resolver: AddressResolver,
        format: AnswerFormat,
        hasHeader: Bool = true,
        fields: QuestionFields = QuestionFields(),
        otherwise time: Timestamp? = nil
    ) {
        self.resolver = resolver
        self.fields = fields
        self.time = time ?? resolver.now
        encoder = AnswerEncoder(format, hasHeader: hasHeader)
    }

    /// Answers the lines that end in these bytes; the answers are appended to the output.
    package mutating func read(_ bytes: ArraySlice<UInt8>, into output: inout [UInt8]) {
        encoder.begin(into: &output)
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            take(bytes[start..<end], into: &output)
            start = end + 1
        }
        keep(bytes[start...])
    }

    /// Answers the last line, if it has no end of its own.
    package mutating func finish(into output: inout [UInt8]) {
        encoder.begin(into: &output)
        if !partial.isEmpty { take([], into: &output) }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        let room = AnswerStream.lineBytesMax - partial.count
        isTooLong = isTooLong || bytes.count > room
        partial += bytes.prefix(room)
    }

    private mutating func take(_ rest: ArraySlice<UInt8>, into output: inout [UInt8]) {
        var line: QuestionLine
        if partial.isEmpty, rest.count <= AnswerStream.lineBytesMax {
            line = QuestionLine(rest, fields: fields, now: resolver.now, otherwise: time)
        } else {
            keep(rest)
            line = QuestionLine(partial[...], fields: fields, now: resolver.now, otherwise: time)
        }
        if isTooLong {
            line.question = .failure(QuestionProblem("a line has at most \(AnswerStream.lineBytesMax) bytes"))
        }
        partial.removeAll(keepingCapacity: true)
        isTooLong = false
        let answer = resolver.answer(line)
        lines += 1
        if !answer.isUnderstood { bad += 1 }
        encoder.encode(answer, into: &output)
    }
}
