import AddressResolution
import FlowModel
import JSONText

extension FuzzTarget {
    /// Lines that ask who had an address; an input is what a pipe brings, in two parts.
    package static let questions = FuzzTarget(name: "questions") { bytes in
        let resolver = AddressResolver(recording: SmallCluster.history, clock: Timestamp(seconds: 9))
        func answers(_ format: AnswerFormat, _ parts: [ArraySlice<UInt8>]) -> (output: [UInt8], lines: Int) {
            var stream = AnswerStream(resolver, format: format)
            var output: [UInt8] = []
            for part in parts { stream.read(part, into: &output) }
            stream.finish(into: &output)
            return (output, stream.lines)
        }
        let input = Array(bytes)
        let cut = input.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff } % (input.count + 1)
        let newlines = input.count { $0 == 10 }
        let expected = newlines + (input.isEmpty || input.last == 10 ? 0 : 1)
        for format in AnswerFormat.allCases {
            let whole = answers(format, [input[...]])
            try require(whole.lines == expected, "every line has one answer")
            let ends = whole.output.count { $0 == 10 }
            try require(ends == expected + (format == .csv ? 1 : 0), "every answer is one line")
            let parts = answers(format, [input[..<cut], input[cut...]])
            try require(parts.output == whole.output, "it does not matter how the bytes come")
            guard format == .jsonl else { continue }
            for line in whole.output.split(separator: 10) {
                try require((try? JSONValue.parse(line)) != nil, "an answer is JSON")
            }
        }
    }
}
