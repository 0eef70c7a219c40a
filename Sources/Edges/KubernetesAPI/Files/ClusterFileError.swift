/// Why a path given with `--cluster` cannot be used: where, what is wrong, and what was expected.
package struct ClusterFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file or folder at fault.
    package let path: String
    /// The line at fault, from 1; `nil` where it is the whole file.
    package let line: Int?
    /// What is wrong, as the end of a sentence.
    package let problem: String
    /// Whether the file is of another sort altogether, so that it must be said what was expected.
    let isOtherSort: Bool

    init(_ path: String, line: Int? = nil, _ problem: String, isOtherSort: Bool = false) {
        self.path = path
        self.line = line
        self.problem = problem
        self.isOtherSort = isOtherSort
    }

    static let expected =
        "expected recorded API traffic (.jsonl), Kubernetes objects in YAML or JSON, or a folder of such files"

    /// One line: `pods.yaml, line 3: mapping values are not allowed in this context`.
    package var description: String {
        let place = line.map { "\(path), line \($0): " } ?? "\(path) "
        return place + problem + (isOtherSort ? "; " + Self.expected : "")
    }
}
