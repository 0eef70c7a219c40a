import Foundation
import JSONText
import TestSupport
import Testing

@Suite struct JSONParsingTests {
    private func offset(_ text: String) -> Int? {
        do throws(JSONError) {
            _ = try JSONValue.parse(text)
            return nil
        } catch {
            return error.offset
        }
    }

    private func accepts(_ bytes: [UInt8]) -> Bool { (try? JSONValue.parse(bytes)) != nil }

    @Test func `every kind of value is read`() throws {
        let text =
            #" {"a":[1,-2,0,1.5,1e3,true,false,null],"b":{"c":"d\n\"\u00e9\uD83D\uDE00\/é😀"},"e":{},"f":[]} "#
        let value = try JSONValue.parse(text)
        #expect(
            value["a"]?.items == [
                .integer(1), .integer(-2), .integer(0), .double(1.5), .double(1000), .bool(true),
                .bool(false), .null,
            ]
        )
        #expect(value["b"]?["c"]?.text == "d\n\"é😀/é😀")
        #expect(value["e"] == .object([:]))
        #expect(value["f"] == .array([]))
        #expect(value["a"]?.items[4].int == 1000)
        #expect(value["a"]?.items[5].flag == true)
    }

    @Test func `whole numbers are exact to the limits of 64 bits and doubles beyond`() throws {
        #expect(try JSONValue.parse("9223372036854775807") == .integer(.max))
        #expect(try JSONValue.parse("-9223372036854775808") == .integer(.min))
        #expect(try JSONValue.parse("9223372036854775808") == .double(9_223_372_036_854_775_808))
        #expect(try JSONValue.parse("-9223372036854775809") == .double(-9_223_372_036_854_775_808))
        #expect(try JSONValue.parse("18446744073709551616") == .double(18_446_744_073_709_551_616))
        #expect(try JSONValue.parse("1e-400").number == 0)
        #expect(try JSONValue.parse(String(repeating: "9", count: 300)).number == 1e300)
        #expect(try JSONValue.parse("-0") == .double(-0.0))
        #expect(offset("1e400") == 0)
        #expect(offset("[1, " + String(repeating: "9", count: 400) + "]") == 4)
    }

    @Test(arguments: [
        ("", 0), ("{", 1), ("[1,]", 3), ("{\"a\" 1}", 5), ("{a:1}", 1), ("[1 2]", 3), ("nul", 0), ("truE", 0),
        ("01", 1),
        ("-", 1), ("1.", 2), (".5", 0), ("1e", 2), ("1e+", 3), ("+1", 0), ("\"a", 2), ("\"\u{1}\"", 1),
        ("\"\\x\"", 1),
        ("\"\\u12\"", 3), ("\"\\ud800\"", 1), ("\"\\ud800\\u0041\"", 7), ("\"\\udc00\"", 1), ("{} {}", 3),
        ("{\"a\":1,}", 7), ("[1}", 2), ("\u{feff}1", 0), ("NaN", 0), ("'a'", 0), ("\u{0}", 0), ("\"\\", 2),
        ("[\"a\\\"]", 6),
    ])
    func `text outside the grammar is refused at its offset`(text: String, expected: Int) {
        #expect(offset(text) == expected)
    }

    @Test(
        arguments: [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
            [0xf0, 0x80, 0x80, 0x80],
            [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98],
            [0xff],
        ] as [[UInt8]]
    )
    func `ill-formed UTF-8 is refused, also in values that are skipped`(sequence: [UInt8]) throws {
        let quoted = [UInt8(ascii: "\"")] + sequence + [UInt8(ascii: "\"")]
        #expect(!accepts(quoted))
        let skipped = Array("{\"k\":".utf8) + quoted + Array("}".utf8)
        #expect(throws: JSONError.self) { try JSONValue.parse(skipped, skipping: ["k"]) }
    }

    @Test func `nesting is bounded`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(offset(nested(128)) == nil)
        #expect(offset(nested(129)) == 128)
        #expect(offset(String(repeating: "[", count: 1_000_000)) == 128)
        #expect(offset(String(repeating: "{\"a\":", count: 1_000_000)) == 640)
    }

    @Test func `of duplicate keys the last wins`() throws {
        #expect(
            try JSONValue.parse(#"{"a":1,"b":2,"a":3}"#) == .object(["a": .integer(3), "b": .integer(2)])
        )
    }

    @Test func `skipped keys are checked but not built, at any depth`() throws {
        let text =
            #"{"x":{"managedFields":[{"f":{}},"s\n",1e5,null],"y":1},"managedFields":{},"z":{"managedFields":"label"}}"#
        let value = try JSONValue.parse(text, skipping: ["managedFields"])
        let label = JSONValue.object(["managedFields": .string("label")])
        #expect(value == .object(["x": .object(["y": .integer(1)]), "z": label]))
        for broken in [#"{"k":[1,}"#, #"{"k":"\x"}"#, #"{"k":{"a"}}"#, #"{"k":[01]}"#, #"{"k":{}"#] {
            #expect(throws: JSONError.self) { try JSONValue.parse(broken, skipping: ["k"]) }
        }
    }

    @Test func `a text cut at any byte is refused`() throws {
        let text = Array(#"{"a":[1.5e3,{"b":"x\u00e9é😀"},null,true],"c":{"d":-1}}"#.utf8)
        #expect(accepts(text))
        for end in 0..<text.count {
            #expect(throws: JSONError.self) { try JSONValue.parse(text[..<end]) }
            #expect(throws: JSONError.self) { try JSONValue.parse(text[..<end], skipping: ["a"]) }
        }
    }

    @Test func `offsets count from the start of a slice`() {
        let bytes = Array("xxxx[1,]".utf8)
        #expect(throws: JSONError(offset: 3, expected: "a value")) { try JSONValue.parse(bytes[4...]) }
    }

    @Test func `damaged texts are refused where Foundation refuses them`() throws {
        var random = SeededRandom(seed: 7)
        let seeds = [
            #"{"a":[1,2.5,-3e2,"text",null,true,false],"b":{"c":"\u0041\\\"é"}}"#,
            #"[[],{},"",0,-1,1E9,[{"x":[[]]}]]"#,
        ].map { Array($0.utf8) }
        let alphabet =
            Array("{}[],:\"\\0123456789eE+-.truefalsn \n\tu".utf8) + [0x00, 0x1f, 0x80, 0xc3, 0xff]
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                case 1: bytes.remove(at: index)
                default: bytes.insert(alphabet[Int.random(in: 0..<alphabet.count, using: &random)], at: index)
                }
            }
            // Foundation guesses UTF-16 and UTF-32 from NULs in the first bytes; we read UTF-8 only.
            guard !bytes.prefix(4).contains(0) else { continue }
            let theirs =
                (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            let ours = accepts(bytes)
            if !ours { refused += 1 }
            // Foundation lets a comma stand before a closing bracket.
            if theirs, !ours, hasTrailingComma(bytes) { continue }
            #expect(ours == theirs, "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect((2_000...19_000).contains(refused))
    }

    private func hasTrailingComma(_ bytes: [UInt8]) -> Bool {
        zip(bytes, bytes.dropFirst()).contains { $0 == UInt8(ascii: ",") && ($1 == 0x5d || $1 == 0x7d) }
    }

    @Test(.needsSharedData) func `recorded API bodies read as Foundation reads them`() throws {
        var compared = 0
        for line in try SharedData.lines("kubernetes/watch_semantics.jsonl") {
            let ours = try JSONValue.parse(line)
            let theirs = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let same = matches(ours, theirs)
            #expect(same, "line \(compared + 1)")
            compared += 1
        }
        #expect(compared > 50)
    }

    private func matches(_ ours: JSONValue, _ theirs: Any) -> Bool {
        switch ours {
        case .null: return theirs is NSNull
        case .bool(let flag): return theirs as? Bool == flag
        case .integer(let value): return (theirs as? NSNumber)?.int64Value == value
        case .double(let value):
            // Foundation reads through a decimal and can be off in the last places.
            return (theirs as? NSNumber).map { abs($0.doubleValue - value) <= 4 * value.ulp } ?? false
        case .string(let text): return theirs as? String == text
        case .array(let items):
            guard let others = theirs as? [Any], others.count == items.count else { return false }
            return zip(items, others).allSatisfy { matches($0, $1) }
        case .object(let fields):
            guard let others = theirs as? [String: Any], others.count == fields.count else { return false }
            return fields.allSatisfy { name, value in others[name].map { matches(value, $0) } ?? false }
        }
    }
}
