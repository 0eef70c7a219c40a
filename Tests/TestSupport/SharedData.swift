import Foundation
import Testing

/// The test data beside the project, `../shared/data`, which is not part of it.
package enum SharedData {
    /// The root of the package, found from this file.
    package static let packageRoot = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The folder of shared data.
    package static let folder = packageRoot.appending(path: "../shared/data").standardizedFileURL

    /// Whether it is there.
    package static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

    /// The bytes of one file of it.
    package static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: path)))
    }

    /// The lines of one text file of it, without empty ones.
    package static func lines(_ path: String) throws -> [String] {
        try lines(of: folder.appending(path: path))
    }

    /// The lines of any text file, without empty ones.
    package static func lines(of file: URL) throws -> [String] {
        String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test where `../shared/data` is missing, and says so; in CI it runs and fails instead.
    package static var needsSharedData: Self {
        .enabled(
            if: SharedData.isPresent || ProcessInfo.processInfo.environment["CI"] != nil,
            "skipped: ../shared/data is not beside this clone"
        )
    }
}
