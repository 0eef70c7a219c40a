/// Walks over the scalars of a filter's text.
struct FilterReader {
    /// The longest filter, in UTF-8 bytes; it bounds everything that a filter costs.
    static let lengthMax = 16384

    private let scalars: [Unicode.Scalar]
    private(set) var index = 0

    init(_ text: String) throws(FilterError) {
        guard text.utf8.count <= FilterReader.lengthMax else {
            throw FilterError(column: 1, message: "the filter is longer than \(FilterReader.lengthMax) bytes")
        }
        scalars = Array(text.unicodeScalars)
    }

    /// The column of the next scalar, from 1.
    var column: Int { index + 1 }

    var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    mutating func skipSpace() {
        while let scalar = next, scalar.properties.isWhitespace { index += 1 }
    }

    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        index += 1
        return true
    }

    /// The operator here, if there is one.
    mutating func comparison() -> FilterComparison? {
        for comparison in FilterComparison.allCases {
            let symbol = Array(comparison.rawValue.unicodeScalars)
            guard scalars[index...].starts(with: symbol) else { continue }
            index += symbol.count
            return comparison
        }
        return nil
    }

    /// Whether this scalar ends any bare word.
    static func endsWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar == "(" || scalar == ")" || scalar == "\"" || scalar == ","
    }

    /// Whether an operator may begin with this scalar.
    static func beginsComparison(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "=" || scalar == "!" || scalar == "~" || scalar == "<" || scalar == ">"
    }

    /// A bare word; one in the place of a field's name ends before an operator.
    mutating func word(asField: Bool) -> String {
        var word = String.UnicodeScalarView()
        while let scalar = next, !FilterReader.endsWord(scalar),
            !(asField && FilterReader.beginsComparison(scalar))
        {
            word.append(scalar)
            index += 1
        }
        return String(word)
    }

    /// Text in quotes, without them; `\"` and `\\` stand for the second character, any other `\` for itself.
    mutating func quoted() throws(FilterError) -> String {
        let start = column
        index += 1
        var text = String.UnicodeScalarView()
        while let scalar = next {
            index += 1
            if scalar == "\"" { return String(text) }
            if scalar == "\\", let escaped = next, escaped == "\"" || escaped == "\\" {
                text.append(escaped)
                index += 1
            } else {
                text.append(scalar)
            }
        }
        throw FilterError(column: start, message: "the quote is never closed")
    }

    /// The text in quotes with `\` where the language needs it.
    static func quoting(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        result.append("\"")
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result.append("\\") }
            result.append(scalar)
        }
        result.append("\"")
        return String(result)
    }
}
