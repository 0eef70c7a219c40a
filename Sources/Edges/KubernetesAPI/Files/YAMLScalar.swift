import JSONText

/// The type of a plain YAML scalar, by the rules of the YAML reader in kubectl and the API server (go-yaml 2).
///
/// They are those of YAML 1.1 (`yes`, `0777`, `1_000`) with `0o777` of 1.2, without base 60. Times stay text.
enum YAMLScalar {
    private static let constants: [String: JSONValue] = {
        var constants: [String: JSONValue] = [:]
        for text in ["", "~", "null", "Null", "NULL"] { constants[text] = .null }
        for text in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
            constants[text] = .bool(true)
        }
        for text in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
            constants[text] = .bool(false)
        }
        return constants
    }()

    /// What the text of a plain scalar means.
    static func value(of text: String) -> JSONValue {
        if let constant = constants[text] { return constant }
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first), text.utf8.count <= 64 else {
            return .string(text)
        }
        let plain = text.filter { $0 != "_" }
        if let integer = integer(plain) { return .integer(integer) }
        if isDecimal(plain), let number = Double(plain), number.isFinite { return .double(number) }
        return .string(text)
    }

    /// A whole number with an optional sign, in the base that its prefix tells.
    private static func integer(_ text: String) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative || text.hasPrefix("+") ? text.dropFirst() : text[...]
        // `Int64(_:radix:)` would take a second sign.
        guard let first = digits.utf8.first, (0x30...0x39).contains(first) else { return nil }
        let bases: [(String, Int)] = [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2), ("0", 8)]
        var radix = 10
        var body = digits
        if digits != "0", let (prefix, base) = bases.first(where: { digits.hasPrefix($0.0) }) {
            radix = base
            body = digits.dropFirst(prefix.count)
        }
        guard let head = body.utf8.first, head != 0x2b, head != 0x2d else { return nil }
        return Int64((isNegative ? "-" : "") + body, radix: radix)
    }

    /// `[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?` or digits with a point at their end.
    private static func isDecimal(_ text: String) -> Bool {
        var rest = text.utf8[...]
        func digits(_ rest: inout Substring.UTF8View) -> Int {
            let run = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(run.count)
            return run.count
        }
        if rest.first == 0x2b || rest.first == 0x2d { rest = rest.dropFirst() }
        var count = digits(&rest)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            count += digits(&rest)
        }
        guard count > 0 else { return false }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == 0x2b || rest.first == 0x2d { rest = rest.dropFirst() }
            guard digits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }
}
