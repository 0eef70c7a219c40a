import PacketParsing
import Testing

struct CaptureMergeTests {
    /// Merges files of packets at the given times and returns what comes out as (file, time) pairs.
    private static func merge(_ files: [[UInt32]], cutLast: Bool = false) throws -> ([[Int]], MergedCapture) {
        let buffers = files.map { times in
            var file = CaptureFileBuilder()
            file.fileHeader(magic: 0xa1b2_3c4d)
            for time in times { file.record(0, time, [1, 2]) }
            if cutLast { file.bytes.removeLast() }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: file.bytes.count, alignment: 1)
            buffer.copyBytes(from: file.bytes)
            return UnsafeRawBufferPointer(buffer)
        }
        defer { for buffer in buffers { buffer.deallocate() } }
        var merged = MergedCapture(try buffers.map { bytes throws(CaptureFileError) in try CaptureFileReader(bytes) })
        var pairs: [[Int]] = []
        // A small batch and a step of time, so that packets are held back for either reason.
        let batch = UnsafeMutableBufferPointer<CapturedPacket>.allocate(capacity: 3)
        defer { batch.deallocate() }
        while let time = merged.nextTime {
            while true {
                let (file, count) = merged.next(into: batch, before: time + 7)
                guard count > 0 else { break }
                for packet in batch[..<count] { pairs.append([file, Int(packet.nanoseconds)]) }
            }
        }
        #expect(merged.isAtEnd)
        return (pairs, merged)
    }

    @Test func `files come in the order of time, equal times in the order of files`() throws {
        let (pairs, _) = try Self.merge([[5, 6, 9], [], [1, 5, 5], [0, 6]])
        #expect(pairs == [[3, 0], [2, 1], [0, 5], [2, 5], [2, 5], [0, 6], [3, 6], [0, 9]])
    }

    @Test func `packets of one file keep their order`() throws {
        let (pairs, _) = try Self.merge([[5, 3, 9], [4, 8]])
        #expect(pairs == [[1, 4], [0, 5], [0, 3], [1, 8], [0, 9]])
    }

    @Test func `a file that is cut short does not stop the others`() throws {
        let (pairs, merged) = try Self.merge([[1, 2], [3, 4, 5]], cutLast: true)
        #expect(pairs == [[0, 1], [1, 3], [1, 4]])
        #expect(merged.readers.map { $0.failure?.kind } == [.truncatedRecord, .truncatedRecord])
    }

    @Test func `a merge of many files equals a stable sort of them`() throws {
        var random = CaptureRandom(state: 3)
        for count in [0, 1, 2, 17, 60] {
            var files: [[UInt32]] = []
            var pairs: [[Int]] = []
            for file in 0..<count {
                var times: [UInt32] = []
                for _ in 0..<Int.random(in: 0...20, using: &random) {
                    times.append(UInt32.random(in: 0..<50, using: &random))
                }
                times.sort()
                files.append(times)
                for time in times { pairs.append([file, Int(time)]) }
            }
            // By time, and by file within a time; packets alike in both cannot be told apart.
            let sorted = pairs.sorted { [$0[1], $0[0]].lexicographicallyPrecedes([$1[1], $1[0]]) }
            #expect(try Self.merge(files).0 == sorted)
        }
    }
}
