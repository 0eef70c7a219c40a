import JSONText
import Yams

/// One document of a YAML text as a JSON value, typed as Kubernetes types it.
struct YAMLDocument {
    /// The line, from 1, where its content starts.
    let line: Int
    let value: JSONValue

    /// Why YAML text could not be read: the line, where it is known, and what is wrong.
    struct Failure: Error, Equatable {
        let line: Int?
        let problem: String
    }

    /// All documents of a text; empty ones (between two `---`) are left out.
    static func all(in text: String) throws(Failure) -> [YAMLDocument] {
        // Aliases make values larger than the text is; this is room for any honest use of them.
        var budget = 4 * text.utf8.count + 1000
        var documents: [YAMLDocument] = []
        var rest: YamlSequence<Node>
        do {
            // The rules of Yams are not those of Kubernetes, and are regular expressions run for every key.
            rest = try Yams.compose_all(yaml: text, .basic)
        } catch {
            throw failure(error)
        }
        while let node = rest.next() {
            let value = try convert(node, depth: 0, budget: &budget)
            guard value != .null else { continue }
            documents.append(YAMLDocument(line: node.mark?.line ?? 1, value: value))
        }
        if let error = rest.error { throw failure(error) }
        return documents
    }

    private static func failure(_ error: any Error) -> Failure {
        let problem = YAMLProblem(error)
        return Failure(line: problem.line, problem: problem.problem)
    }

    private static func convert(
        _ node: Node,
        depth: Int,
        budget: inout Int
    ) throws(Failure) -> JSONValue {
        budget -= 1
        guard budget > 0 else { throw Failure(line: node.mark?.line, problem: "its aliases unfold too far") }
        guard depth < JSONValue.maximumDepth else {
            throw Failure(line: node.mark?.line, problem: "it nests deeper than \(JSONValue.maximumDepth)")
        }
        switch node {
        case .scalar(let scalar):
            budget -= scalar.string.utf8.count
            return value(of: scalar)
        case .sequence(let sequence):
            var items: [JSONValue] = []
            for item in sequence {
                items.append(try convert(item, depth: depth + 1, budget: &budget))
            }
            return .array(items)
        case .mapping(let mapping):
            return .object(try fields(of: mapping, depth: depth, budget: &budget))
        case .alias:
            throw Failure(line: node.mark?.line, problem: "it has an alias without an anchor")
        }
    }

    /// A mapping's members; what `<<` merges in gives way to what stands there itself (YAML 1.1 merge).
    private static func fields(
        of mapping: Node.Mapping,
        depth: Int,
        budget: inout Int
    ) throws(Failure) -> [String: JSONValue] {
        var fields: [String: JSONValue] = [:]
        var merged: [JSONValue] = []
        for (key, node) in mapping {
            guard case .scalar(let scalar) = key else {
                throw Failure(line: key.mark?.line, problem: "a key is not plain text")
            }
            let value = try convert(node, depth: depth + 1, budget: &budget)
            if scalar.string == "<<", scalar.style == .plain {
                if case .array(let sources) = value { merged += sources } else { merged.append(value) }
            } else {
                fields[Self.key(scalar)] = value
            }
        }
        for source in merged {
            fields.merge(source.fields) { own, _ in own }
        }
        return fields
    }

    /// A key as text: `yes:` is the key `true`, `010:` the key `8` and `1e3:` the key `1000`, as for kubectl.
    private static func key(_ scalar: Node.Scalar) -> String {
        guard scalar.style == .plain else { return scalar.string }
        // The tag of a key says nothing: looking for duplicates has set it.
        let value = YAMLScalar.value(of: scalar.string)
        if let number = value.int { return "\(number)" }
        return switch value {
        case .bool(let flag): flag ? "true" : "false"
        case .double(let number): "\(number)"
        default: scalar.string
        }
    }

    private static func value(of scalar: Node.Scalar) -> JSONValue {
        let tag = scalar.tag.description
        if tag == "tag:yaml.org,2002:str" { return .string(scalar.string) }
        guard scalar.style == .plain || tag != "" && tag != "!" else { return .string(scalar.string) }
        return YAMLScalar.value(of: scalar.string)
    }
}
