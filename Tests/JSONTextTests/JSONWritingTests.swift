import JSONText
import TestSupport
import Testing

@Suite struct JSONWritingTests {
    @Test func `commas and colons come by themselves`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.int(-5)
        writer.key("b")
        writer.beginArray()
        writer.symbol("x")
        writer.bool(true)
        writer.null()
        writer.double(1.5)
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.endArray()
        writer.endArray()
        writer.raw(#""c":{"d":1}"#)
        writer.key(text: "e\"")
        writer.string("f\n\u{1f}\\é😀")
        writer.key("g")
        writer.ascii(atMost: 8) { buffer in
            buffer[0] = UInt8(ascii: "z")
            return 1
        }
        writer.endObject()
        writer.newline()
        writer.int(UInt64.max)
        writer.newline()
        let expected = """
            {"a":-5,"b":["x",true,null,1.5,{},[]],"c":{"d":1},"e\\"":"f\\n\\u001f\\\\é😀","g":"z"}
            18446744073709551615

            """
        #expect(writer.text == expected)
        #expect(writer.count == expected.utf8.count)
        writer.removeAll()
        writer.int(Int64.min)
        #expect(writer.text == "-9223372036854775808")
        #expect(writer.withBytes { $0.count } == 20)
    }

    @Test func `numbers that JSON cannot hold become null`() {
        var writer = JSONWriter()
        writer.beginArray()
        for value in [Double.nan, .infinity, -.infinity, 1e300, -0.0, .leastNonzeroMagnitude] {
            writer.double(value)
        }
        writer.endArray()
        #expect(writer.text == "[null,null,null,1e+300,-0.0,5e-324]")
    }

    @Test func `every control character is escaped`() throws {
        for byte in UInt8(0)..<0x80 {
            let text = "a\(Character(Unicode.Scalar(byte)))b"
            var writer = JSONWriter()
            writer.string(text)
            #expect(try JSONValue.parse(writer.bytes) == .string(text))
        }
    }

    @Test func `what is written reads back the same`() throws {
        var random = SeededRandom(seed: 42)
        var writer = JSONWriter(capacity: 1)
        for _ in 0..<2_000 {
            let value = randomValue(depth: 5, &random)
            writer.removeAll()
            writer.value(value)
            #expect(try JSONValue.parse(writer.bytes) == value)
        }
    }

    private func randomValue(depth: Int, _ random: inout SeededRandom) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2:
            return .integer(
                Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random)
            )
        case 3:
            let value = Double(bitPattern: random.next())
            return .double(value.isFinite ? value : 0.1)
        case 4, 5: return .string(randomText(&random))
        case 6, 7:
            return .array(
                (0..<Int.random(in: 0..<5, using: &random)).map { _ in randomValue(depth: depth - 1, &random)
                }
            )
        default:
            var fields: [String: JSONValue] = [:]
            for _ in 0..<Int.random(in: 0..<5, using: &random) {
                fields[randomText(&random)] = randomValue(depth: depth - 1, &random)
            }
            return .object(fields)
        }
    }

    private func randomText(_ random: inout SeededRandom) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<20, using: &random) {
            let limits: [UInt32] = [0x30, 0x80, 0x800, 0x11_0000]
            let limit = limits[Int.random(in: 0..<4, using: &random)]
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
