/// Why a text is not a filter, and where.
package struct FilterError: Error, Hashable, Sendable {
    /// Where the fault begins: the number of its character, from 1.
    package let column: Int
    /// What is wrong, as a sentence for people without a full stop.
    package let message: String
    /// What may have been meant, such as `dst.ns` for `dst.n`.
    package let suggestion: String?

    /// A fault at a column.
    package init(column: Int, message: String, suggestion: String? = nil) {
        self.column = column
        self.message = message
        self.suggestion = suggestion
    }
}

extension FilterError: CustomStringConvertible {
    /// Text such as `column 5: unknown field 'sr.ns'; did you mean 'src.ns'?`.
    package var description: String {
        "column \(column): \(message)" + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
    }
}

/// Finds what a misspelt word may have meant.
enum Spelling {
    /// The known word with the fewest edits, if those are few for its length.
    static func nearest(to word: String, among known: [String]) -> String? {
        let lower = word.lowercased()
        let distances = known.map { (word: $0, distance: distance(lower, $0.lowercased())) }
        guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, min(2, lower.count / 2)) && best.distance < best.word.count
            ? best.word : nil
    }

    /// The number of insertions, deletions, replacements and swaps of neighbours that make one word the other.
    static func distance(_ left: String, _ right: String) -> Int {
        // Long words are never near; the bound keeps the table small.
        let left = Array(left.unicodeScalars.prefix(64))
        let right = Array(right.unicodeScalars.prefix(64))
        var rows = [Array(0...right.count)]
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let cost = left[row] == right[column] ? 0 : 1
                var best = min(rows[row][column] + cost, rows[row][column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, rows[row - 1][column - 1] + 1)
                }
                current.append(best)
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}
