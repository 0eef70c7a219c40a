import AddressResolution
import FlowModel
import JSONText
import Testing

struct AnswerStreamTests {
    private func answers(
        _ text: String,
        _ format: AnswerFormat = .jsonl,
        by size: Int = .max
    ) -> (output: String, lines: Int, bad: Int) {
        var stream = AnswerStream(SampleCluster.resolver, format: format)
        var output: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            stream.read(rest.prefix(size), into: &output)
            rest = rest.dropFirst(size)
        }
        stream.finish(into: &output)
        return (String(decoding: output, as: UTF8.self), stream.lines, stream.bad)
    }

    private let questions = """
        10.1.0.8 1795000050
        not an address

        {"ip":"10.1.0.8","at":"1795000150.5"}
        10.96.0.5:5432 1795000060\r
        7.7.7.7:53 1795000060
        {"ip":
        8.8.8.8 1795000060
        """

    @Test func `every line has one answer, in the same order`() throws {
        let (output, lines, bad) = answers(questions)
        let rows = try output.split(separator: "\n").map { try JSONValue.parse(String($0)) }
        #expect(lines == 8 && rows.count == 8)
        #expect(bad == 3)
        let names = rows.map { $0["identity"]?["name"]?.text ?? $0["certainty"]?.text ?? "" }
        #expect(names == ["old", "unknown", "unknown", "new", "old", "ambiguous", "unknown", "unknown"])
        #expect(rows[1]["at"] == .null)
        #expect(rows[1]["basis"] == .string("unknown"))
        #expect(rows[1]["reason"] == .string("this is no IP address"))
        #expect(rows[2]["reason"] == .string("the line is empty"))
        #expect(rows[5]["candidates"]?.items.count == 2)
        #expect(output.hasSuffix("\n"))
    }

    @Test func `an answer has these members in this order`() {
        let (output, _, _) = answers("10.1.0.8 1795000050")
        #expect(
            output
                == #"{"query":"10.1.0.8","at":"2026-11-18T11:07:30.000000000Z","identity":{"kind":"pod","#
                + #""namespace":"shop","name":"old","uid":"uid-old","node":"node-1","#
                + #""workload":{"kind":"Pod","name":"old"},"services":["old"]},"#
                + #""from":"2026-11-18T11:06:41.000000000Z","until":"2026-11-18T11:08:10.000000000Z","#
                + #""basis":"address","certainty":"certain","candidates":[]}"# + "\n"
        )
    }

    @Test func `the answers do not depend on how the bytes come`() {
        for format in AnswerFormat.allCases {
            let whole = answers(questions, format)
            for size in [1, 2, 3, 7, 64] {
                let parts = answers(questions, format, by: size)
                #expect(parts == whole)
            }
        }
    }

    @Test func `CSV has a header, the same fields, and no formulas`() {
        let (output, _, _) = answers("10.1.0.8 1795000050\n=cmd(),\"x\"\n", .csv)
        let lines = output.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.count == 4)
        #expect(
            lines[0]
                == "query,at,kind,namespace,name,uid,node,workload,services,from,until,basis,certainty,candidates,reason"
        )
        #expect(
            lines[1]
                == "10.1.0.8,2026-11-18T11:07:30.000000000Z,pod,shop,old,uid-old,node-1,Pod/old,old,"
                + "2026-11-18T11:06:41.000000000Z,2026-11-18T11:08:10.000000000Z,address,certain,,"
        )
        #expect(lines[2] == #""'=cmd(),""x""",,,,,,,,,,,unknown,unknown,,this is no IP address"#)
        #expect(answers("", .csv).output.hasPrefix("query,"))
    }

    @Test func `a line that is too long is one bad question, and the next is read`() {
        let long = String(repeating: "9", count: 200_000)
        for size in [Int.max, 1_000] {
            let (output, lines, bad) = answers("\(long)\n10.1.0.8 1795000050\n", by: size)
            #expect(lines == 2 && bad == 1)
            #expect(output.contains("a line has at most 65536 bytes"))
            #expect(output.contains("uid-old"))
            #expect(output.utf8.count < 2_000)
        }
    }

    @Test func `any bytes give as many answers as lines, each of them JSON`() throws {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789.:[]{}\"ip,at/-TZ \u{0}\u{ff}\\\r".utf8) + [0xff, 0x80]
        for _ in 0..<300 {
            let lines = (0..<20).map { _ in
                (0..<Int.random(in: 0..<60, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) }
            }
            var stream = AnswerStream(SampleCluster.resolver, format: .jsonl)
            var output: [UInt8] = []
            stream.read(Array(lines.joined(separator: [10]))[...] + [10], into: &output)
            stream.finish(into: &output)
            let rows = output.split(separator: 10)
            #expect(rows.count == 20)
            for row in rows { _ = try JSONValue.parse(row) }
        }
    }

    @Test func `whole lines are handed on as they come, and a long one is cut`() {
        var batch = LineBatch()
        #expect(batch.add(Array("ab".utf8)[...]) == [])
        #expect(batch.add(Array("c\nd\ne".utf8)[...]) == Array("abc\nd\n".utf8))
        #expect(batch.add([10][...]) == Array("e\n".utf8))
        for _ in 0..<10 { #expect(batch.add(ArraySlice(repeating: 0x39, count: 10_000)) == []) }
        #expect(batch.add([10, 0x61][...]).count == AnswerStream.lineBytesMax + 2)
        #expect(batch.finish() == Array("a".utf8))
        #expect(batch.finish() == [])
    }
}
