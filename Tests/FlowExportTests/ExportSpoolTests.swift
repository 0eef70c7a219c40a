import Foundation
import Testing

@testable import FlowExport

struct ExportSpoolTests {
    /// A folder that is removed with its owner.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appending(path: "podsight-spool-\(UUID())").path

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
    }

    @Test func `batches are there again, oldest first, until they are removed`() throws {
        let folder = Folder()
        do {
            let spool = try ExportSpool(folder: folder.path)
            try spool.write([1, 2, 3], number: 20, reports: 7)
            try spool.write([4], number: 3, reports: 0)
        }
        let spool = try ExportSpool(folder: folder.path)
        let batches = try spool.batches()
        #expect(batches.map(\.number) == [3, 20] && batches.map(\.size) == [1, 3])
        #expect(batches.map(\.reports) == [0, 7])
        #expect(try spool.read(number: 20, reports: 7) == [1, 2, 3])
        spool.remove(number: 3, reports: 0)
        spool.remove(number: 3, reports: 0)
        #expect(try spool.batches().map(\.number) == [20])
        #expect(throws: ExportSpool.Failure.self) { try spool.read(number: 3, reports: 0) }
    }

    @Test func `what was not finished and what is not a batch are passed over`() throws {
        let folder = Folder()
        let spool = try ExportSpool(folder: folder.path)
        let others = [
            "00000000000000000005-1.batch.tmp", "5-1.batch", "00000000000000000005.batch", "x-1.batch",
            "00000000000000000005--1.batch", "notes.txt",
        ]
        for name in others { try Data([1]).write(to: URL(filePath: "\(folder.path)/\(name)")) }
        #expect(try spool.batches().isEmpty)
        #expect(folder.names.count == others.count && !folder.names.contains { $0.hasSuffix(".tmp") })
    }

    @Test func `a folder is one exporter's at a time`() throws {
        let folder = Folder()
        let spool = try ExportSpool(folder: folder.path)
        #expect { _ = try ExportSpool(folder: spool.folder) } throws: { "\($0)".contains("another exporter") }
    }

    @Test func `a folder that cannot be made is named`() {
        let path = "/proc/no-such-folder"
        #expect { _ = try ExportSpool(folder: path) } throws: { "\($0)".hasPrefix("\(path) cannot be created") }
    }
}
