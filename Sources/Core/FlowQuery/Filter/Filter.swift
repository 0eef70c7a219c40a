/// A question that a flow answers with yes or no, such as `src.ns=web dst.port=5432 bytes>=1MB`.
///
/// Parsing compiles it: addresses, numbers, globs and regular expressions are read once. The language: terms side by
/// side or joined by `and` all hold; `or` binds weaker; `not`, `!` and parentheses as usual.
package struct Filter: Sendable, Hashable {
    let expression: FilterExpression

    init(_ expression: FilterExpression) { self.expression = expression }

    /// The filter that every flow passes; the empty text.
    package static let all = Filter(.and([]))

    /// Whether every flow passes.
    package var isAll: Bool { self == Filter.all }

    /// The filter that passes what both pass.
    package func and(_ other: Filter) -> Filter { Filter(.all(of: [expression, other.expression])) }

    /// Reads a filter; the empty text passes everything.
    ///
    /// - Throws: The first fault with its column.
    package static func parse(_ text: String) throws(FilterError) -> Filter {
        var parser = try FilterParser(text)
        return Filter(try parser.parse())
    }
}

/// The parts of a filter.
indirect enum FilterExpression: Sendable, Hashable {
    /// Any name, namespace or address of either end contains the text.
    case contains(TextPattern)
    case condition(FilterCondition)
    case not(FilterExpression)
    /// All of them; none at all passes everything.
    case and([FilterExpression])
    /// At least one of two or more.
    case or([FilterExpression])

    /// All of the parts, without an `and` directly inside an `and`.
    static func all(of parts: [FilterExpression]) -> FilterExpression {
        let flat = parts.flatMap { part in if case .and(let inner) = part { inner } else { [part] } }
        return flat.count == 1 ? flat[0] : .and(flat)
    }

    /// Any of the parts, of which there is at least one, without an `or` directly inside an `or`.
    static func any(of parts: [FilterExpression]) -> FilterExpression {
        let flat = parts.flatMap { part in if case .or(let inner) = part { inner } else { [part] } }
        return flat.count == 1 ? flat[0] : .or(flat)
    }
}

/// One term with an operator.
struct FilterCondition: Sendable, Hashable {
    let field: FilterField
    let comparison: FilterComparison
    /// Any of them; exactly one for an ordered comparison.
    let values: [FilterValue]
}

/// The operators of the language.
enum FilterComparison: String, Sendable, Hashable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case matches = "~"
    case matchesNot = "!~"
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    case greater = ">"
    case less = "<"

    /// Whether this is the denial of `=` or `~`.
    var isNegated: Bool { self == .notEqual || self == .matchesNot }
    var isExpression: Bool { self == .matches || self == .matchesNot }
    var isOrdered: Bool { self == .greater || self == .greaterOrEqual || self == .less || self == .lessOrEqual }

    /// Those that a kind of value can stand with.
    static func allowed(for kind: FilterValueKind) -> [FilterComparison] {
        switch kind {
        case .text, .word: [.equal, .notEqual, .matches, .matchesNot]
        case .address, .transport: [.equal, .notEqual]
        case .port, .count, .bytes, .duration:
            [.equal, .notEqual, .greater, .greaterOrEqual, .less, .lessOrEqual]
        }
    }
}
