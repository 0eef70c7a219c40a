/// An exchange of an application, from its request until its flow is reported.
struct ApplicationRecord: BitwiseCopyable {
    /// The next record of the list that this one is in; 0 for none.
    var next: UInt32 = 0
    /// The first cell of the text; 0 for none.
    var text: UInt32 = 0
    /// When the request was sent, or the response where only that was seen.
    var time: Int64
    /// Nanoseconds until the response; −1 where not both were seen.
    var latency: Int64 = -1
    /// The hash of a DNS name; unused for HTTP.
    var hash: UInt32 = 0
    /// The number of a DNS message, or the length of an HTTP path.
    var id: UInt16 = 0
    /// The DNS record type, or the length of an HTTP host.
    var type: UInt16 = 0
    /// The length of a DNS name, or of an HTTP method's name.
    var nameLength: UInt16 = 0
    /// The response's code or status.
    var code: UInt16 = 0
    /// How many addresses stand behind a DNS name, or the HTTP method as the parser tells it.
    var detail: UInt8 = 0
    var hasResponse = false
}

/// A singly linked list of records.
struct RecordList: BitwiseCopyable {
    var first: UInt32 = 0
    var last: UInt32 = 0
    var count: UInt32 = 0
}

/// A part of a text.
struct TextCell: BitwiseCopyable {
    /// The number of the next part; 0 for none.
    var next: UInt32 = 0
    var bytes = InlineArray<60, UInt8>(repeating: 0)
}

/// Records and their texts in cells, of bounded number for all flows together.
struct ApplicationRecords: ~Copyable {
    private static let cellBytes = 60

    private var records: Pool<ApplicationRecord>
    private var cells: Pool<TextCell>

    /// Room for so many records, with a cell of text each on average.
    init(capacity: Int) {
        records = Pool(capacity: capacity)
        cells = Pool(capacity: capacity)
    }

    var byteCount: Int { records.byteCount + cells.byteCount }

    var isEmpty: Bool { records.count == 0 && cells.count == 0 }

    subscript(_ number: UInt32) -> UnsafeMutablePointer<ApplicationRecord> { records[number] }

    /// The number of a new record; 0 where there is no room.
    mutating func add(_ record: ApplicationRecord) -> UInt32 { records.add(record) }

    /// Appends a record to a list.
    func append(_ number: UInt32, to list: inout RecordList) {
        records[number].pointee.next = 0
        if list.last == 0 { list.first = number } else { records[list.last].pointee.next = number }
        list.last = number
        list.count += 1
    }

    /// Takes the first record out of a list; 0 where it is empty.
    func removeFirst(_ list: inout RecordList) -> UInt32 {
        let number = list.first
        guard number != 0 else { return 0 }
        list.first = records[number].pointee.next
        if list.first == 0 { list.last = 0 }
        list.count -= 1
        return number
    }

    /// Takes the record behind `former`, or the first for 0, out of a list.
    func remove(after former: UInt32, _ list: inout RecordList) {
        guard former != 0 else {
            _ = removeFirst(&list)
            return
        }
        let number = records[former].pointee.next
        records[former].pointee.next = records[number].pointee.next
        if list.last == number { list.last = former }
        list.count -= 1
    }

    mutating func remove(_ number: UInt32) {
        dropText(number)
        records.remove(number)
    }

    mutating func removeAll(_ list: inout RecordList) {
        while true {
            let number = removeFirst(&list)
            guard number != 0 else { return }
            remove(number)
        }
    }

    /// Gives a record its text in place of the one it has; false, and no text, where there is no room for all of it.
    mutating func setText(_ number: UInt32, _ text: UnsafeRawBufferPointer) -> Bool {
        dropText(number)
        guard text.count > 0 else { return true }
        var previous: UInt32 = 0
        for start in stride(from: 0, to: text.count, by: ApplicationRecords.cellBytes) {
            let cell = cells.add(TextCell())
            guard cell != 0 else {
                dropText(number)
                return false
            }
            if previous == 0 { records[number].pointee.text = cell } else { cells[previous].pointee.next = cell }
            let count = min(ApplicationRecords.cellBytes, text.count - start)
            ApplicationRecords.bytes(of: cells[cell]).copyMemory(
                from: text.baseAddress.unsafelyUnwrapped + start,
                byteCount: count
            )
            previous = cell
        }
        return true
    }

    /// Gives `count` bytes of the text of a record to `body`, fewer if there are no more.
    func withText<Result>(_ number: UInt32, count: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let first = records[number].pointee.text
        guard first != 0, count > 0 else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        if count <= ApplicationRecords.cellBytes {
            return body(UnsafeRawBufferPointer(start: ApplicationRecords.bytes(of: cells[first]), count: count))
        }
        var text: [UInt8] = []
        text.reserveCapacity(count)
        var cell = first
        while cell != 0, text.count < count {
            let part = min(ApplicationRecords.cellBytes, count - text.count)
            text.append(
                contentsOf: UnsafeRawBufferPointer(start: ApplicationRecords.bytes(of: cells[cell]), count: part)
            )
            cell = cells[cell].pointee.next
        }
        return text.withUnsafeBytes(body)
    }

    private mutating func dropText(_ number: UInt32) {
        var cell = records[number].pointee.text
        records[number].pointee.text = 0
        while cell != 0 {
            let next = cells[cell].pointee.next
            cells.remove(cell)
            cell = next
        }
    }

    // SAFETY: the bytes lie behind the number of the next cell, without padding.
    private static func bytes(of cell: UnsafeMutablePointer<TextCell>) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(cell) + 4
    }
}
