import Yams

/// The fields of one YAML mapping, read leniently: what is absent, null or empty is not there.
struct YAMLFields {
    private let mapping: Node.Mapping

    static var empty: YAMLFields { YAMLFields(mapping: [:]) }

    private init(mapping: Node.Mapping) { self.mapping = mapping }

    init?(_ node: Node) {
        guard case .mapping(let mapping) = node else { return nil }
        self.mapping = mapping
    }

    func has(_ key: String) -> Bool { mapping[Node(key)] != nil }

    /// A scalar's text as written.
    func text(_ key: String) -> String? {
        guard case .scalar(let scalar)? = mapping[Node(key)], !scalar.string.isEmpty else { return nil }
        if scalar.style == .plain, ["~", "null", "Null", "NULL"].contains(scalar.string) { return nil }
        return scalar.string
    }

    func isTrue(_ key: String) -> Bool { text(key)?.lowercased() == "true" }

    func fields(_ key: String) -> YAMLFields? { mapping[Node(key)].flatMap(YAMLFields.init) }

    /// The mappings in a list; other elements are passed over.
    func list(_ key: String) -> [YAMLFields] {
        guard case .sequence(let sequence)? = mapping[Node(key)] else { return [] }
        return sequence.compactMap(YAMLFields.init)
    }

    /// The scalars in a list.
    func texts(_ key: String) -> [String] {
        guard case .sequence(let sequence)? = mapping[Node(key)] else { return [] }
        return sequence.compactMap { $0.scalar?.string }
    }
}

/// What is wrong with YAML text, in one line.
struct YAMLProblem: CustomStringConvertible {
    /// The line, from 1, where it is known.
    let line: Int?
    /// What is wrong there.
    let problem: String

    init(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            line = mark.line
            self.problem = problem
        case .duplicatedKeysInMapping(let duplicates, let context):
            line = context.mark.line
            problem = "the key \(duplicates.first ?? "") is there twice"
        case .reader(let problem, _, _, _):
            line = nil
            self.problem = problem
        default:
            line = nil
            problem = "it cannot be read as YAML"
        }
    }

    /// `line 3: mapping values are not allowed in this context`.
    var description: String { line.map { "line \($0): \(problem)" } ?? problem }
}
