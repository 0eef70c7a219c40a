/// Reads several capture files side by side, in the order of time.
///
/// Packets of one file keep the file's order, even where its own time stamps go back; packets of equal time come in
/// the order of the files.
package struct MergedCapture {
    /// A packet and the file that it is from.
    private struct Element: BitwiseCopyable {
        /// The index of the file in `readers`.
        let file: Int
        let packet: CapturedPacket

        func precedes(_ other: Element) -> Bool {
            packet.nanoseconds == other.packet.nanoseconds
                ? file < other.file : packet.nanoseconds < other.packet.nanoseconds
        }
    }

    /// The files as far as they have been read; each tells its own `failure`, which does not stop the others.
    package private(set) var readers: [CaptureFileReader]
    /// A binary heap of each file's next packet.
    private var heads: [Element] = []

    /// Reads the files from where they stand.
    package init(_ readers: [CaptureFileReader]) {
        self.readers = readers
        heads.reserveCapacity(readers.count)
        for file in readers.indices {
            guard let packet = self.readers[file].next() else { continue }
            heads.append(Element(file: file, packet: packet))
        }
        for index in stride(from: heads.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
    }

    /// Whether there are no more packets.
    package var isAtEnd: Bool { heads.isEmpty }

    /// The time of the next packet; `nil` at the end.
    package var nextTime: Int64? { heads.first?.packet.nanoseconds }

    /// Reads packets of one file into `batch`, as many as come before those of all other files and before `end`.
    ///
    /// Returns the file and how many there are: none where no file has a packet before `end`.
    package mutating func next(
        into batch: UnsafeMutableBufferPointer<CapturedPacket>,
        before end: Int64
    ) -> (file: Int, count: Int) {
        guard let first = heads.first, first.packet.nanoseconds < end else { return (0, 0) }
        let file = first.file
        // Packets of equal time come in the order of the files.
        let limit = rivalOfFirst.map { $0.packet.nanoseconds &+ (file < $0.file ? 1 : 0) } ?? .max
        // Out of the array, so that it is not checked for uniqueness at every packet.
        var reader = readers[file]
        batch[0] = first.packet
        var count = 1
        let head = reader.next(into: batch, &count, before: min(limit, end))
        readers[file] = reader
        replaceFirst(by: head.map { Element(file: file, packet: $0) })
        return (file, count)
    }

    /// The head that would be next without the first.
    private var rivalOfFirst: Element? {
        guard heads.count > 1 else { return nil }
        return heads.count > 2 && heads[2].precedes(heads[1]) ? heads[2] : heads[1]
    }

    private mutating func replaceFirst(by head: Element?) {
        if let head {
            heads[0] = head
        } else {
            let last = heads.removeLast()
            guard !heads.isEmpty else { return }
            heads[0] = last
        }
        siftDown(from: 0)
    }

    private mutating func siftDown(from start: Int) {
        var index = start
        while true {
            var least = index
            let (left, right) = (2 * index + 1, 2 * index + 2)
            if left < heads.count, heads[left].precedes(heads[least]) { least = left }
            if right < heads.count, heads[right].precedes(heads[least]) { least = right }
            guard least != index else { return }
            heads.swapAt(index, least)
            index = least
        }
    }
}
