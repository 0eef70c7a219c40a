import FoundationEssentials
import Glibc

/// A folder of manifests, searched with all its folders.
enum ManifestFolder {
    private static let endings = [".json", ".yaml", ".yml"]
    private static let filesMax = 20_000
    private static let depthMax = 32

    /// Reads all manifests of a folder, in the order of their paths.
    static func load(_ path: String) throws(ClusterFileError) -> ClusterFile {
        var root = path
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        var files: [String] = []
        try collect(root, depth: 0, into: &files)
        guard !files.isEmpty else {
            throw ClusterFileError(path, "is a folder without any .json, .yaml or .yml file", isOtherSort: true)
        }
        var objects = ManifestObjects()
        for file in files {
            do throws(ClusterFileError) {
                objects.add(try documents(of: file), path: file)
            } catch {
                objects.addProblem("\(error.path)\(error.line.map { ", line \($0)" } ?? ""): \(error.problem)")
            }
        }
        guard objects.count > 0 else {
            throw ClusterFileError(path, objects.nothingUseful, isOtherSort: true)
        }
        return ClusterFile(objects, description: "manifests of \(ClusterFile.name(of: root))")
    }

    private static func documents(of file: String) throws(ClusterFileError) -> ManifestDocuments {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.read(file, limit: ClusterFile.sizeMax)
        } catch {
            throw ClusterFileError(file, "cannot be read: \(error.text)")
        }
        switch try ClusterFileContent(bytes, path: file) {
        case .manifests(let documents): return documents
        case .recording: throw ClusterFileError(file, "is a recording: name it itself with --cluster")
        }
    }

    private static func collect(
        _ folder: String,
        depth: Int,
        into files: inout [String]
    ) throws(ClusterFileError) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw ClusterFileError(folder, "cannot be read")
        }
        // Names with a dot are of tools, such as .git, or the versions behind a mounted ConfigMap.
        for name in names where !name.hasPrefix(".") {
            let path = folder + "/" + name
            // A link to a folder is not followed: it may lead back here. One to a file is, as ConfigMaps have.
            if mode(of: path, following: false) == S_IFDIR {
                if depth < depthMax { try collect(path, depth: depth + 1, into: &files) }
            } else if endings.contains(where: name.hasSuffix), mode(of: path, following: true) == S_IFREG {
                guard files.count < filesMax else {
                    throw ClusterFileError(folder, "has too many files (over \(filesMax)): name a smaller folder")
                }
                files.append(path)
            }
        }
    }

    private static func mode(of path: String, following: Bool) -> mode_t {
        var information = stat()
        guard (following ? stat(path, &information) : lstat(path, &information)) == 0 else { return 0 }
        return information.st_mode & S_IFMT
    }
}
