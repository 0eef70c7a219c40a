import FoundationEssentials
import Glibc

/// A folder for a store that nobody keeps, removed with the last reference to it.
final class TemporaryFolder: Sendable {
    private static let prefix = "podsight-store-"
    /// How old a lock must be before its owner can be held to be dead, in seconds: it is made before it is taken.
    private static let lockAgeMin = 60

    let path: String

    /// The store's file in it.
    var storePath: String { "\(path)/flows.db" }

    /// Creates a folder that no other user can read, after removing what killed processes have left behind.
    init() throws(FlowStoreError) {
        let parent = FileManager.default.temporaryDirectory.path
        TemporaryFolder.removeAbandoned(in: parent)
        var template = Array("\(parent)/\(TemporaryFolder.prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            let reason = String(cString: strerror(errno))
            throw FlowStoreError(code: .cannotOpen, message: "no folder can be created in \(parent): \(reason)")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Removes folders of stores whose lock nobody holds: the kernel lets go of a lock when its owner dies.
    private static func removeAbandoned(in parent: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names where name.hasPrefix(prefix) {
            let folder = "\(parent)/\(name)"
            let lockPath = "\(folder)/flows.db.lock"
            var status = stat()
            guard lstat(lockPath, &status) == 0, status.st_uid == getuid(),
                time(nil) - status.st_mtim.tv_sec > lockAgeMin,
                let lock = try? StoreLock(path: lockPath, storePath: folder)
            else { continue }
            withExtendedLifetime(lock) { try? FileManager.default.removeItem(atPath: folder) }
        }
    }
}
