/// A regular expression whose matching time is bounded by its size times the text's length.
///
/// The standard library's `Regex` backtracks, so that `(a+)+b` from a stranger's query could hold the server for
/// ever. This one runs all alternatives side by side (Thompson's construction) and knows no back-references or
/// look-around. It searches: `^` and `$` anchor it.
struct LinearPattern: Sendable, Hashable {
    /// One step of the program.
    enum Instruction: Sendable, Hashable {
        /// Consumes one scalar of the set.
        case scalar(ScalarSet)
        /// Goes on at both places.
        case split(Int, Int)
        case jump(Int)
        case assertion(Assertion)
        case accept
    }

    /// A condition on a place between two scalars.
    enum Assertion: Sendable, Hashable {
        case start
        case end
        case wordBoundary
        case noWordBoundary
    }

    /// Scalars by ranges; ASCII letters of either case where the pattern ignores case.
    struct ScalarSet: Sendable, Hashable {
        var ranges: [ClosedRange<UInt32>]
        var isInverted = false

        func contains(_ scalar: UInt32) -> Bool {
            ranges.contains { $0.contains(scalar) } != isInverted
        }
    }

    /// The most steps a program may have.
    static let instructionsMax = 4096

    let program: [Instruction]

    /// Compiles a pattern; the error's offset counts scalars of the pattern.
    init(_ pattern: String) throws(LinearPatternError) {
        var parser = LinearPatternParser(pattern)
        program = try parser.parse()
    }

    /// Whether the pattern is found anywhere in the text.
    func isFound(in text: String) -> Bool {
        let scalars = text.unicodeScalars.map(\.value)
        var visitedAt = [Int](repeating: -1, count: program.count)
        var waiting: [ScalarStep] = []
        var pending: [Int] = []
        for position in 0...scalars.count {
            // A search may begin at any place.
            pending.append(0)
            waiting.removeAll(keepingCapacity: true)
            while let index = pending.popLast() {
                guard visitedAt[index] != position else { continue }
                visitedAt[index] = position
                switch program[index] {
                case .scalar(let set): waiting.append(ScalarStep(set: set, next: index + 1))
                case .split(let first, let second): pending += [first, second]
                case .jump(let target): pending.append(target)
                case .assertion(let assertion):
                    if assertion.holds(in: scalars, at: position) { pending.append(index + 1) }
                case .accept: return true
                }
            }
            guard position < scalars.count else { break }
            for step in waiting where step.set.contains(scalars[position]) { pending.append(step.next) }
        }
        return false
    }

    private struct ScalarStep {
        let set: ScalarSet
        let next: Int
    }
}

extension LinearPattern.Assertion {
    func holds(in scalars: [UInt32], at position: Int) -> Bool {
        switch self {
        case .start: position == 0
        case .end: position == scalars.count
        case .wordBoundary: isBoundary(scalars, position)
        case .noWordBoundary: !isBoundary(scalars, position)
        }
    }

    private func isBoundary(_ scalars: [UInt32], _ position: Int) -> Bool {
        let before = position > 0 && LinearPattern.ScalarSet.word.contains(scalars[position - 1])
        let after = position < scalars.count && LinearPattern.ScalarSet.word.contains(scalars[position])
        return before != after
    }
}

extension LinearPattern.ScalarSet {
    static let digit = LinearPattern.ScalarSet(ranges: [48...57])
    static let word = LinearPattern.ScalarSet(ranges: [48...57, 65...90, 95...95, 97...122])
    static let space = LinearPattern.ScalarSet(ranges: [9...13, 32...32])
    static let anyButNewline = LinearPattern.ScalarSet(ranges: [10...10, 13...13], isInverted: true)

    var inverted: LinearPattern.ScalarSet {
        LinearPattern.ScalarSet(ranges: ranges, isInverted: !isInverted)
    }

    /// The same set with both cases of each ASCII letter in it.
    var ignoringCase: LinearPattern.ScalarSet {
        var result = self
        for range in ranges {
            for (letters, shift) in [(UInt32(65)...90, 32), (UInt32(97)...122, -32)] where range.overlaps(letters) {
                let common = range.clamped(to: letters)
                result.ranges.append(moved(common.lowerBound, shift)...moved(common.upperBound, shift))
            }
        }
        return result
    }

    private func moved(_ scalar: UInt32, _ shift: Int) -> UInt32 { UInt32(Int(scalar) + shift) }
}

/// What is wrong with a regular expression, and where.
struct LinearPatternError: Error, Hashable {
    /// The number of scalars before the fault.
    let offset: Int
    let message: String
}
