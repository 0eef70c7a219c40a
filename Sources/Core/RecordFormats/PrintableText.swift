/// Text from outside, made safe to print: names and labels are what anyone in the cluster wrote.
package enum PrintableText {
    /// The longest text that is printed, in scalars; the rest becomes an ellipsis.
    package static let longest = 256

    /// The text with everything that could move a cursor, colour a terminal or turn writing round replaced.
    package static func of(_ text: String) -> String {
        if text.utf8.count <= longest, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
        var scalars = String.UnicodeScalarView()
        for (index, scalar) in text.unicodeScalars.prefix(longest + 1).enumerated() {
            if index == longest {
                scalars.append("…")
            } else {
                scalars.append(isHarmless(scalar) ? scalar : "\u{fffd}")
            }
        }
        return String(scalars)
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        // Bidirectional controls and zero-width characters are of the category format.
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            false
        default:
            true
        }
    }
}
