/// Reads several capture files side by side, in the order of time.
///
/// Packets of one file keep the file's order, even where its own time stamps go back; packets of equal time come in
/// the order of the files.
package struct MergedCapture {
    /// A packet and the file that it is from.
    @frozen
    package struct Element: BitwiseCopyable {
        /// The index of the file in `readers`.
        package let file: Int
        /// The packet.
        package let packet: CapturedPacket

        @usableFromInline
        init(file: Int, packet: CapturedPacket) {
            self.file = file
            self.packet = packet
        }

        fileprivate func precedes(_ other: Element) -> Bool {
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

    /// The next packet of all files; `nil` when each has ended.
    package mutating func next() -> Element? {
        guard let first = heads.first else { return nil }
        if let packet = readers[first.file].next() {
            heads[0] = Element(file: first.file, packet: packet)
        } else {
            let last = heads.removeLast()
            guard !heads.isEmpty else { return first }
            heads[0] = last
        }
        siftDown(from: 0)
        return first
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
