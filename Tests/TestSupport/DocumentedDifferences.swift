import Foundation

/// Where the project's results differ from those of others on purpose: rows of a table in the documentation.
package struct DocumentedDifferences {
    /// The second cell of each row by the name in its first.
    package let rows: [String: String]

    /// The rows of the table under a heading of `docs/reference/oracle-differences.md`, whose first cell is code.
    package init(heading: String) throws {
        let page = SharedData.packageRoot.appending(path: "docs/reference/oracle-differences.md")
        var rows: [String: String] = [:]
        var isWithin = false
        for line in try SharedData.lines(of: page) {
            if line.hasPrefix("#") { isWithin = line == "## \(heading)" }
            let cells = line.split(separator: "|").map { $0.trimmed }
            guard isWithin, cells.count == 3, cells[0].hasPrefix("`") else { continue }
            rows[cells[0].filter { $0 != "`" }] = cells[1]
        }
        self.rows = rows
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
