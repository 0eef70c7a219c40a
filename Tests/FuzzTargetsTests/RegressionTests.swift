import Foundation
import FuzzTargets
import TestSupport
import Testing

/// What fuzzers found once, and hostile inputs made by hand, stay harmless.
struct RegressionTests {
    private static let folder = SharedData.packageRoot.appending(path: "Fuzz/regressions")

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `every committed input is read without harm`(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let inputs = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: name).path)
        #expect(!inputs.isEmpty)
        for input in inputs.sorted() {
            let bytes = Array(try Data(contentsOf: Self.folder.appending(path: "\(name)/\(input)")))
            for count in 0...bytes.count {
                // A copy of its own for each length, so that a sanitizer sees the end.
                let part = Array(bytes.prefix(count))
                #expect(throws: Never.self, "\(input), \(count) bytes") {
                    try part.withUnsafeBytes { try target.run($0) }
                }
            }
        }
    }

    @Test func `every folder of inputs belongs to a fuzzer`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
    }
}
