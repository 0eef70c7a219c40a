import JSONText
import Testing

@testable import KubernetesAPI

struct YAMLDocumentTests {
    /// What kubectl 1.32 made of each of these (`kubectl annotate --local -f FILE -o json`).
    @Test(arguments: [
        ("1", "1"), ("01", "1"), ("010", "8"), ("0o10", "8"), ("0x1F", "31"), ("0b11", "3"), ("1_000", "1000"),
        ("+5", "5"), ("-5", "-5"), ("1.5", "1.5"), (".5", "0.5"), ("5.", "5"), ("1e3", "1000"), ("1E3", "1000"),
        ("-0", "0"), ("08", "8"), ("0888", "888"), ("0777", "511"), ("1__0", "10"), ("+.5", "0.5"),
        ("9223372036854775807", "9223372036854775807"), ("99999999999999999999", "100000000000000000000"),
        ("1:30", "\"1:30\""), ("0x", "\"0x\""), ("0o8", "\"0o8\""), ("1e", "\"1e\""), (".e5", "\".e5\""),
        (".", "\".\""), ("+", "\"+\""), ("1.2.3", "\"1.2.3\""), ("0b12", "\"0b12\""),
        ("\"1\"", "\"1\""), ("'1'", "\"1\""), ("!!str 1", "\"1\""), ("!!int \"5\"", "5"),
        ("!!bool \"yes\"", "true"), ("-0x10", "-16"), ("0x1_0", "16"), ("123e-2", "1.23"), ("1.e3", "1000"),
        ("0X1F", "31"), ("0_1", "1"), ("y", "true"), ("Y", "true"), ("yes", "true"), ("n", "false"),
        ("No", "false"), ("on", "true"), ("OFF", "false"), ("tRue", "\"tRue\""), ("~", "null"),
        ("Null", "null"), ("nULL", "\"nULL\""), ("\"\"", "\"\""), ("'yes'", "\"yes\""),
        ("2001-01-01", "\"2001-01-01\""), ("2026-11-21T01:35:20Z", "\"2026-11-21T01:35:20Z\""),
        ("10.96.0.1", "\"10.96.0.1\""), ("1.0.0.0/8", "\"1.0.0.0/8\""), ("=", "\"=\""),
    ])
    func `a scalar has the type that kubectl gives it`(yaml: String, json: String) throws {
        let document = try #require(try YAMLDocument.all(in: "a: \(yaml)\nb: [\(yaml)]").first)
        let expected = try JSONValue.parse(json)
        for value in [document.value["a"], document.value["b"]?.items.first] {
            if let number = expected.number {
                #expect(value?.number == number)
            } else {
                #expect(value == expected)
            }
        }
    }

    @Test func `keys are typed first, as kubectl does, and merges give way to what stands there`() throws {
        let yaml = """
            base: &b {x: 1, y: 2}
            merged: {<<: *b, x: 3}
            both: {<<: [{k: 1}, {k: 2, l: 3}]}
            yes: 1
            010: 2
            1.50: 3
            1e3: 7
            """
        let expected = """
            {"base":{"true":2,"x":1},"merged":{"true":2,"x":3},"both":{"k":1,"l":3},"true":1,"8":2,"1.5":3,"1000":7}
            """
        let document = try #require(try YAMLDocument.all(in: yaml).first)
        #expect(document.value == (try JSONValue.parse(expected)))
    }

    @Test func `documents keep their lines and empty ones are left out`() throws {
        let documents = try YAMLDocument.all(in: "# head\n---\na: 1\n---\n---\n# only a comment\n---\n\nb: 2\n")
        #expect(documents.map(\.line) == [3, 9])
        #expect(documents.map { $0.value.fields.keys.first } == ["a", "b"])
    }

    @Test func `a fault has its line`() throws {
        let error = #expect(throws: YAMLDocument.Failure.self) { try YAMLDocument.all(in: "a: 1\nb: [1, 2\nc: 3\n") }
        #expect(error?.line == 3)
        let key = #expect(throws: YAMLDocument.Failure.self) { try YAMLDocument.all(in: "a: 1\n? [x]\n: 1\n") }
        #expect(key?.problem == "a key is not plain text")
    }

    @Test func `aliases that unfold without end and deep nesting are refused`() throws {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            let alias = "*a\(level - 1)"
            bomb += "a\(level): &a\(level) [" + Array(repeating: alias, count: 9).joined(separator: ",") + "]\n"
        }
        let error = #expect(throws: YAMLDocument.Failure.self) { try YAMLDocument.all(in: bomb) }
        #expect(error?.problem == "its aliases unfold too far")
        for count in [200, 100_000] {
            #expect(throws: YAMLDocument.Failure.self) {
                try YAMLDocument.all(in: String(repeating: "[", count: count) + String(repeating: "]", count: count))
            }
        }
    }
}
