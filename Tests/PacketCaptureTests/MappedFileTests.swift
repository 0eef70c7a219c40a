import Foundation
import Glibc
import PacketCapture
import Testing

struct MappedFileTests {
    /// A folder of its own for one test, removed with this object.
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "podsight-test-\(UUID().uuidString)")

        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(at: url) }

        func path(_ name: String) -> String { url.appending(path: name).path }
    }

    @Test func `a file's bytes are mapped`() throws {
        let folder = try Folder()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try Data(bytes).write(to: folder.url.appending(path: "a"))
        let file = try MappedFile(path: folder.path("a"))
        #expect(Array(file.bytes) == bytes)
    }

    @Test func `a pipe is read to its end`() throws {
        let folder = try Folder()
        let path = folder.path("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        let thread = Thread {
            guard let handle = FileHandle(forWritingAtPath: path) else { return }
            try? handle.write(contentsOf: Data(bytes))
            try? handle.close()
        }
        thread.start()
        let file = try MappedFile(path: path)
        #expect(file.bytes.elementsEqual(bytes))
    }

    @Test func `what cannot be opened is told apart`() throws {
        let folder = try Folder()
        try Data().write(to: folder.url.appending(path: "empty"))
        for (name, code, message) in [
            ("none", CaptureError.Code.noSuchFile, "no such file"), ("empty", .empty, "is empty"),
            ("", .isFolder, "is a folder"),
        ] {
            let path = folder.path(name)
            let error = #expect(throws: CaptureError.self) { try MappedFile(path: path) }
            #expect(error?.code == code)
            #expect(error?.description.contains(message) == true)
            #expect(error?.subject == path)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "skipped: needs root to become another user"))
    func `a file of another user is told apart`() async {
        await #expect(processExitsWith: .success) {
            let path = "/tmp/podsight-test-\(getpid())"
            guard open(path, O_CREAT | O_WRONLY, 0o600) >= 0 else { exit(2) }
            defer {
                seteuid(0)
                unlink(path)
            }
            guard seteuid(65534) == 0 else { exit(2) }
            do throws(CaptureError) {
                _ = try MappedFile(path: path)
                exit(3)
            } catch {
                guard error.code == .permissionDenied else { exit(4) }
            }
        }
    }
}
