extension Filter: CustomStringConvertible {
    /// The filter in its language, such that parsing it gives an equal filter.
    package var description: String { expression.text(isOperand: false) }
}

extension FilterExpression {
    /// The expression as text; an operand of `not`, `and` or `or` stands in parentheses where it needs them.
    fileprivate func text(isOperand: Bool) -> String {
        switch self {
        case .contains(let pattern): FilterExpression.text(of: pattern.source)
        case .condition(let condition): condition.text
        case .not(let inner): "not \(inner.text(isOperand: true))"
        case .and(let parts):
            FilterExpression.enclosed(parts.map { $0.text(isOperand: true) }.joined(separator: " "), isOperand)
        case .or(let parts):
            // `or` binds weaker, so that an `and` inside it needs none; they are there for people.
            FilterExpression.enclosed(parts.map { $0.text(isOperand: true) }.joined(separator: " or "), isOperand)
        }
    }

    private static func enclosed(_ text: String, _ isOperand: Bool) -> String { isOperand ? "(\(text))" : text }

    private static func text(of word: String) -> String {
        let isBare =
            !word.isEmpty && !["and", "or", "not"].contains(word.lowercased())
            && !word.unicodeScalars.contains {
                FilterReader.endsWord($0) || FilterReader.beginsComparison($0)
            }
        return isBare ? word : FilterReader.quoting(word)
    }
}

extension FilterCondition {
    fileprivate var text: String {
        let texts = values.map { value in
            let text = value.text(kind: field.valueKind)
            let isBare =
                !text.unicodeScalars.contains(where: FilterReader.endsWord)
                && text.unicodeScalars.first.map { !FilterReader.beginsComparison($0) } ?? false
            return isBare ? text : FilterReader.quoting(text)
        }
        return field.name + comparison.rawValue + texts.joined(separator: ",")
    }
}
