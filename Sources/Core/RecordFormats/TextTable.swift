/// Rows of text in columns as wide as they need to be.
package enum TextTable {
    /// The table with its header, each line ended; what could disturb a terminal is replaced.
    package static func render(_ header: [String], _ rows: [[String]]) -> [UInt8] {
        let cells = [header] + rows.map { $0.map(PrintableText.of) }
        let widths = header.indices.map { column in cells.map { $0[column].unicodeScalars.count }.max() ?? 0 }
        var text = ""
        for row in cells {
            let last = row.lastIndex { !$0.isEmpty } ?? 0
            for (column, cell) in row[...last].enumerated() {
                if column > 0 { text += "  " }
                text += cell
                guard column < last else { continue }
                text += String(repeating: " ", count: widths[column] - cell.unicodeScalars.count)
            }
            text += "\n"
        }
        return Array(text.utf8)
    }
}
