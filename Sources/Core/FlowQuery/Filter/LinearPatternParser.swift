/// Compiles the text of a regular expression: `. [] [^] () (?:) | * + ? {m,n} ^ $ \d \w \s \b` and `(?i)` in front.
struct LinearPatternParser {
    /// How deeply groups may be nested.
    private static let depthMax = 64
    /// The most times `{m,n}` may repeat.
    private static let repetitionsMax = 1000

    private typealias Program = [LinearPattern.Instruction]

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var ignoresCase = false

    init(_ pattern: String) {
        scalars = Array(pattern.unicodeScalars)
    }

    /// The program, ended by `accept`.
    mutating func parse() throws(LinearPatternError) -> [LinearPattern.Instruction] {
        if Array(scalars.prefix(4)) == Array("(?i)".unicodeScalars) {
            ignoresCase = true
            index = 4
        }
        let body = try alternation(depth: 0)
        guard index == scalars.count else { throw error("unmatched ')'") }
        return body + [.accept]
    }

    private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private func error(_ message: String, at offset: Int? = nil) -> LinearPatternError {
        LinearPatternError(offset: offset ?? index, message: message)
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        index += 1
        return true
    }

    private mutating func alternation(depth: Int) throws(LinearPatternError) -> Program {
        var result = try sequence(depth: depth)
        while skip("|") {
            let right = try sequence(depth: depth)
            result =
                [.split(1, result.count + 2)] + moved(result, by: 1)
                + [.jump(result.count + right.count + 2)] + moved(right, by: result.count + 2)
            try check(result)
        }
        return result
    }

    private mutating func sequence(depth: Int) throws(LinearPatternError) -> Program {
        var result: Program = []
        while let next = peek, next != "|", next != ")" {
            let piece = try quantified(depth: depth)
            result += moved(piece, by: result.count)
            try check(result)
        }
        return result
    }

    private mutating func quantified(depth: Int) throws(LinearPatternError) -> Program {
        var result = try atom(depth: depth)
        while let quantifier = peek {
            switch quantifier {
            case "*": (index, result) = (index + 1, repeated(result, 0, nil))
            case "+": (index, result) = (index + 1, repeated(result, 1, nil))
            case "?": (index, result) = (index + 1, repeated(result, 0, 1))
            case "{":
                let start = index
                let (least, most) = try bounds()
                guard result.count * max(least, most ?? 0) <= LinearPattern.instructionsMax else {
                    throw error("the pattern is too large", at: start)
                }
                result = repeated(result, least, most)
            default: return result
            }
            // A search asks only whether there is a match, so that reluctant and eager are the same.
            _ = skip("?")
            try check(result)
        }
        return result
    }

    private mutating func atom(depth: Int) throws(LinearPatternError) -> Program {
        let start = index
        guard let scalar = peek else { throw error("the pattern ends early") }
        index += 1
        switch scalar {
        case "(":
            guard depth < LinearPatternParser.depthMax else {
                throw error("groups are nested too deeply", at: start)
            }
            if skip("?") {
                guard skip(":") else { throw error("only (?:…) groups are known", at: start) }
            }
            let body = try alternation(depth: depth + 1)
            guard skip(")") else { throw error("'(' is never closed", at: start) }
            return body
        case "[": return [.scalar(try bracket(from: start))]
        case ".": return [.scalar(.anyButNewline)]
        case "^": return [.assertion(.start)]
        case "$": return [.assertion(.end)]
        case "\\": return [try escape(from: start)]
        case "*", "+", "?", "{": throw error("there is nothing for '\(scalar)' to repeat", at: start)
        default: return [.scalar(set(of: scalar))]
        }
    }

    private func set(of scalar: Unicode.Scalar) -> LinearPattern.ScalarSet {
        let set = LinearPattern.ScalarSet(ranges: [scalar.value...scalar.value])
        return ignoresCase ? set.ignoringCase : set
    }

    private mutating func escape(from start: Int) throws(LinearPatternError) -> LinearPattern.Instruction {
        switch peek {
        case "b":
            index += 1
            return .assertion(.wordBoundary)
        case "B":
            index += 1
            return .assertion(.noWordBoundary)
        default:
            return .scalar(try escapedSet(from: start))
        }
    }

    private mutating func escapedSet(from start: Int) throws(LinearPatternError) -> LinearPattern.ScalarSet {
        guard let scalar = peek else { throw error("'\\' at the end of the pattern", at: start) }
        index += 1
        switch scalar {
        case "d": return .digit
        case "D": return .digit.inverted
        case "w": return .word
        case "W": return .word.inverted
        case "s": return .space
        case "S": return .space.inverted
        case "t": return set(of: "\t")
        case "n": return set(of: "\n")
        case "r": return set(of: "\r")
        default:
            guard !isASCIILetterOrDigit(scalar) else {
                throw error("'\\\(scalar)' is not known", at: start)
            }
            return set(of: scalar)
        }
    }

    private mutating func bracket(from start: Int) throws(LinearPatternError) -> LinearPattern.ScalarSet {
        let isInverted = skip("^")
        var ranges: [ClosedRange<UInt32>] = []
        while let scalar = peek {
            if scalar == "]" {
                guard !ranges.isEmpty else { throw error("'[]' is empty", at: start) }
                index += 1
                var set = LinearPattern.ScalarSet(ranges: ranges)
                if ignoresCase { set = set.ignoringCase }
                return isInverted ? set.inverted : set
            }
            let lower = try bracketItem()
            guard lower.isSingle, peek == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
                ranges += lower.ranges
                continue
            }
            let place = index
            index += 1
            let upper = try bracketItem()
            guard upper.isSingle, let first = lower.ranges.first, let last = upper.ranges.first,
                first.lowerBound <= last.upperBound
            else { throw error("the range is out of order", at: place) }
            ranges.append(first.lowerBound...last.upperBound)
        }
        throw error("'[' is never closed", at: start)
    }

    private struct BracketItem {
        var ranges: [ClosedRange<UInt32>]
        var isSingle: Bool { ranges.count == 1 && ranges.allSatisfy { $0.count == 1 } }
    }

    private mutating func bracketItem() throws(LinearPatternError) -> BracketItem {
        let start = index
        guard let scalar = peek else { throw error("'[' is never closed") }
        index += 1
        guard scalar == "\\" else {
            guard scalar != "[" else { throw error("write '[' inside a set as '\\['", at: start) }
            return BracketItem(ranges: [scalar.value...scalar.value])
        }
        let set = try escapedSet(from: start)
        guard !set.isInverted else { throw error("an inverted class cannot stand inside a set", at: start) }
        return BracketItem(ranges: set.ranges)
    }

    /// `{m}`, `{m,}` or `{m,n}`.
    private mutating func bounds() throws(LinearPatternError) -> (least: Int, most: Int?) {
        let start = index
        index += 1
        guard let least = number() else { throw error("expected a number after '{'", at: start) }
        var most: Int? = least
        if skip(",") { most = peek == "}" ? nil : number() ?? -1 }
        guard skip("}"), most.map({ $0 >= least }) ?? true,
            max(least, most ?? 0) <= LinearPatternParser.repetitionsMax
        else { throw error("repetition is {m}, {m,} or {m,n} up to 1000", at: start) }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = peek, (48...57).contains(scalar.value) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 48), 1_000_000)
            index += 1
        }
        return value
    }

    private func isASCIILetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || (48...57).contains(scalar.value)
    }

    private func check(_ program: Program) throws(LinearPatternError) {
        guard program.count < LinearPattern.instructionsMax else { throw error("the pattern is too large") }
    }

    /// The piece `least` times, then up to `most` times, or any number of times.
    private func repeated(_ piece: Program, _ least: Int, _ most: Int?) -> Program {
        var result: Program = []
        for _ in 0..<least { result += moved(piece, by: result.count) }
        guard let most else {
            let start = result.count
            result.append(.split(start + 1, start + piece.count + 2))
            result += moved(piece, by: start + 1)
            result.append(.jump(start))
            return result
        }
        let end = result.count + (most - least) * (piece.count + 1)
        for _ in least..<most {
            result.append(.split(result.count + 1, end))
            result += moved(piece, by: result.count)
        }
        return result
    }

    /// The piece with its targets moved to where it will stand.
    private func moved(_ piece: Program, by offset: Int) -> Program {
        piece.map { instruction in
            switch instruction {
            case .split(let first, let second): .split(first + offset, second + offset)
            case .jump(let target): .jump(target + offset)
            case .scalar, .assertion, .accept: instruction
            }
        }
    }
}
