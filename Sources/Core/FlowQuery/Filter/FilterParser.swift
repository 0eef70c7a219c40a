/// Reads the filter language by recursive descent.
///
///     filter    = [ either ]
///     either    = all { "or" all }
///     all       = denial { [ "and" ] denial }
///     denial    = { "not" | "!" } ( "(" either ")" | term )
///     term      = field operator value { "," value } | word | quoted
struct FilterParser {
    /// How deeply parentheses and denials may be nested.
    static let depthMax = 64

    private var reader: FilterReader

    init(_ text: String) throws(FilterError) {
        reader = try FilterReader(text)
    }

    mutating func parse() throws(FilterError) -> FilterExpression {
        reader.skipSpace()
        guard reader.next != nil else { return .and([]) }
        let expression = try either(depth: 0)
        guard let extra = reader.next else { return expression }
        throw error(extra == ")" ? "')' without '('" : "expected a term, found '\(extra)'")
    }

    private func error(_ message: String, column: Int? = nil, suggestion: String? = nil) -> FilterError {
        FilterError(column: column ?? reader.column, message: message, suggestion: suggestion)
    }

    private mutating func either(depth: Int) throws(FilterError) -> FilterExpression {
        var parts = [try all(depth: depth)]
        while skipKeyword("or") { parts.append(try all(depth: depth)) }
        return .any(of: parts)
    }

    private mutating func all(depth: Int) throws(FilterError) -> FilterExpression {
        var parts = [try denial(depth: depth)]
        while true {
            if skipKeyword("and") {
                parts.append(try denial(depth: depth))
                continue
            }
            guard let next = reader.next, next != ")", next != ",", !isAtKeyword("or") else { break }
            parts.append(try denial(depth: depth))
        }
        return .all(of: parts)
    }

    private mutating func denial(depth: Int) throws(FilterError) -> FilterExpression {
        reader.skipSpace()
        guard depth <= FilterParser.depthMax else {
            throw error("more than \(FilterParser.depthMax) levels of parentheses and 'not'")
        }
        let column = reader.column
        if skipKeyword("not") || isAtDenial && reader.skip("!") {
            return .not(try denial(depth: depth + 1))
        }
        guard reader.skip("(") else { return try term() }
        reader.skipSpace()
        guard reader.next != ")" else { throw error("nothing between the parentheses", column: column) }
        let inner = try either(depth: depth + 1)
        guard reader.skip(")") else {
            if reader.next == nil { throw error("'(' is never closed", column: column) }
            throw error("expected ')'")
        }
        reader.skipSpace()
        return inner
    }

    /// Whether the next scalar is `!` and not the beginning of `!=` or `!~`.
    private var isAtDenial: Bool {
        var ahead = reader
        return ahead.next == "!" && ahead.comparison() == nil
    }

    /// Whether the next word is this one and no operator follows that would make it a field.
    private func isAtKeyword(_ keyword: String) -> Bool {
        var ahead = reader
        return ahead.word(asField: true).lowercased() == keyword
    }

    private mutating func skipKeyword(_ keyword: String) -> Bool {
        guard isAtKeyword(keyword) else { return false }
        _ = reader.word(asField: true)
        reader.skipSpace()
        return true
    }

    private mutating func term() throws(FilterError) -> FilterExpression {
        let column = reader.column
        if reader.next == "\"" {
            let text = try reader.quoted()
            guard !text.isEmpty else { throw error("the quotes are empty", column: column) }
            return try contains(text, column: column)
        }
        if ["and", "or"].contains(where: isAtKeyword) {
            throw error("expected a term before '\(reader.word(asField: true))'", column: column)
        }
        let name = reader.word(asField: true)
        guard !name.isEmpty else {
            guard let found = reader.next else { throw error("expected a term, found the end") }
            throw error("expected a term, found '\(found)'")
        }
        var ahead = reader
        ahead.skipSpace()
        let operatorColumn = ahead.column
        guard let comparison = ahead.comparison() else { return try contains(name, column: column) }
        reader = ahead
        return .condition(
            try condition(name, column: column, comparison, operatorColumn: operatorColumn)
        )
    }

    private mutating func contains(_ text: String, column: Int) throws(FilterError) -> FilterExpression {
        reader.skipSpace()
        if reader.next == "," { throw error("a list needs a field and '=' in front of it", column: column) }
        if reader.next.map(FilterReader.beginsComparison) == true, !isAtDenial {
            throw error("quotes belong around a value, not around a field", column: column)
        }
        return .contains(TextPattern(text, form: .part, ignoresCase: true))
    }

    private mutating func condition(
        _ name: String,
        column: Int,
        _ comparison: FilterComparison,
        operatorColumn: Int
    ) throws(FilterError) -> FilterCondition {
        guard let field = FilterField(name: name) else {
            throw error(
                "unknown field '\(name)'",
                column: column,
                suggestion: FilterField.suggestion(for: name)
            )
        }
        let allowed = FilterComparison.allowed(for: field.valueKind)
        guard allowed.contains(comparison) else {
            let known = allowed.map(\.rawValue).joined(separator: " ")
            throw error(
                "'\(field.name)' cannot be compared with '\(comparison.rawValue)', only with \(known)",
                column: operatorColumn
            )
        }
        var values: [FilterValue] = []
        repeat {
            reader.skipSpace()
            let valueColumn = reader.column
            let value = try self.value(of: field, comparison)
            if comparison.isOrdered, case .numbers(let range) = value, range.count != 1 {
                throw error("'\(comparison.rawValue)' needs one number, not a range", column: valueColumn)
            }
            values.append(value)
            reader.skipSpace()
            if comparison.isOrdered, reader.next == "," {
                throw error("'\(comparison.rawValue)' needs one number, not a list")
            }
        } while reader.skip(",")
        return FilterCondition(field: field, comparison: comparison, values: values)
    }

    private mutating func value(
        of field: FilterField,
        _ comparison: FilterComparison
    ) throws(FilterError) -> FilterValue {
        let column = reader.column
        let isQuoted = reader.next == "\""
        if let next = reader.next, FilterReader.beginsComparison(next) {
            let found = (reader.comparison() ?? .notEqual).rawValue
            throw error(
                "'\(comparison.rawValue)\(found)' is not an operator",
                column: column,
                suggestion: comparison.rawValue
            )
        }
        let text = isQuoted ? try reader.quoted() : reader.word(asField: false)
        guard isQuoted || !text.isEmpty else {
            throw error("expected a value after '\(field.name)\(comparison.rawValue)'", column: column)
        }
        if comparison.isExpression {
            if !isQuoted, reader.next == "(" {
                throw error("put a regular expression with parentheses in quotes", column: column)
            }
            do throws(LinearPatternError) {
                return .text(TextPattern(text, form: .expression(try LinearPattern(text))))
            } catch {
                let place = column + (isQuoted ? 1 : 0) + error.offset
                throw FilterError(column: place, message: "in the regular expression: \(error.message)")
            }
        }
        do throws(FilterValueError) {
            return try FilterValue(text, kind: field.valueKind, ignoresCase: field.ignoresCase)
        } catch {
            throw FilterError(column: column, message: error.message, suggestion: error.suggestion)
        }
    }
}
