import Yams

/// One kubeconfig file as it was written, with where its relative paths start.
struct KubeConfigFile {
    let path: String
    let root: YAMLFields

    /// No kubeconfig is larger; hundreds of clusters with embedded certificates fit.
    private static let sizeMax = 16 << 20

    /// Reads and parses one file.
    init(path: String) throws(KubeConfigError) {
        self.path = path
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.read(path, limit: Self.sizeMax)
        } catch .missing {
            throw KubeConfigError(
                .fileMissing,
                file: path,
                "kubeconfig \(path) does not exist: name another with --kubeconfig or KUBECONFIG"
            )
        } catch {
            throw KubeConfigError(.fileUnreadable, file: path, "kubeconfig \(path) cannot be read: \(error.text)")
        }
        root = try Self.parse(bytes, path: path)
    }

    private static func parse(_ bytes: [UInt8], path: String) throws(KubeConfigError) -> YAMLFields {
        func wrong(_ why: String) -> KubeConfigError {
            KubeConfigError(
                .notKubeConfig,
                file: path,
                "\(path) is not a kubeconfig: \(why); expected a YAML file with clusters, users and contexts"
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw wrong("it is not text")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw wrong(YAMLProblem(error).description)
        }
        guard let node else { throw wrong("it is empty") }
        guard let fields = YAMLFields(node) else { throw wrong("its top level is not a mapping") }
        guard
            fields.has("clusters") || fields.has("contexts") || fields.has("users")
                || fields.has("current-context")
        else { throw wrong("it has none of these") }
        return fields
    }

    /// The entry of that name in a list of `{name, <field>}`, such as `clusters` and `cluster`.
    func entry(_ name: String, in list: String, field: String) -> YAMLFields? {
        for item in root.list(list) where item.text("name") == name {
            return item.fields(field) ?? .empty
        }
        return nil
    }

    /// The names in such a list.
    func names(in list: String) -> [String] {
        root.list(list).compactMap { $0.text("name") }
    }

    /// A path of this file's text: relative ones start at its folder.
    func resolve(_ relative: String) -> String {
        guard !relative.hasPrefix("/") else { return relative }
        guard let slash = path.lastIndex(of: "/") else { return relative }
        return String(path[...slash]) + relative
    }
}
