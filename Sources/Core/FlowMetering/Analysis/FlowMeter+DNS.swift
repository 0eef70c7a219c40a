import FlowModel
import NetworkAddressing
import PacketParsing

/// What is known of the DNS messages of a flow in the open report.
struct DNSState: BitwiseCopyable {
    var queries: UInt32 = 0
    var responses: UInt32 = 0
    var failures: UInt32 = 0
    var omitted: UInt32 = 0
    /// Queries that wait for their response.
    var pending = RecordList()
    /// Exchanges that are complete.
    var complete = RecordList()
}

extension FlowMeter {
    /// Queries of one flow that may wait at a time.
    private static let pendingMax: UInt32 = 32
    /// Exchanges kept for one report.
    private static let keptMax: UInt32 = 32
    /// Addresses kept of a response.
    private static let answersMax = 8
    /// How long a query may wait across reports, as resolvers do by default (resolv.conf, `timeout`).
    private static let patience: Int64 = 5_000_000_000
    /// The bytes kept of a name.
    private static let nameMax = 255

    /// Whether one end's port is that of DNS or of multicast DNS.
    @inline(__always)
    static func isDNS(_ key: FlowKey) -> Bool {
        let lower = UInt16(truncatingIfNeeded: key.tail)
        let upper = UInt16(truncatingIfNeeded: key.tail >> 16)
        return lower == 53 || upper == 53 || lower == 5353 || upper == 5353
    }

    /// Reads a datagram of a flow to or from a DNS port.
    @inline(never)
    mutating func followDNS(_ packet: UnsafePointer<StagedPacket>, _ flow: UInt32) {
        let payload = packet.pointee.capturedPayload
        guard let message = DNSMessage(payload.bytes) else { return }
        let cold = store.cold(flow)
        if cold.pointee.analysis == 0 { cold.pointee.analysis = dnsStates.add(DNSState()) }
        guard cold.pointee.analysis != 0 else { return }
        follow(message, payload, packet.pointee.timestamp, dnsStates[cold.pointee.analysis])
    }

    /// Counts a message, and joins a response with its query.
    mutating func follow(
        _ message: DNSMessage,
        _ payload: UnsafeRawBufferPointer,
        _ time: Int64,
        _ state: UnsafeMutablePointer<DNSState>
    ) {
        // Before anything is joined, so that it does not matter when reports are made.
        giveUp(state, at: time)
        var former: UInt32 = 0
        var query = state.pointee.pending.first
        while query != 0 {
            let record = records[query].pointee
            // A response without a question, such as a refusal, is known by its number alone.
            if record.id == message.id, record.hash == message.nameHash || message.type == 0 { break }
            former = query
            query = record.next
        }
        guard message.isResponse else {
            if query == 0 { ask(message, payload, time, state) }
            return
        }
        state.pointee.responses &+= 1
        if message.responseCode != 0 { state.pointee.failures &+= 1 }
        if query == 0 {
            query = state.pointee.complete.count < FlowMeter.keptMax ? record(of: message, time) : 0
        } else {
            records.remove(after: former, &state.pointee.pending)
            records[query].pointee.latency = max(0, time &- records[query].pointee.time)
        }
        guard query != 0, state.pointee.complete.count < FlowMeter.keptMax,
            answer(query, message, payload)
        else {
            if query != 0 { records.remove(query) }
            state.pointee.omitted &+= 1
            return
        }
        records.append(query, to: &state.pointee.complete)
    }

    private mutating func record(of message: DNSMessage, _ time: Int64) -> UInt32 {
        var record = ApplicationRecord(time: time)
        record.id = message.id
        record.hash = message.nameHash
        record.type = message.type
        return records.add(record)
    }

    /// Lets a query wait for its response.
    private mutating func ask(
        _ message: DNSMessage,
        _ payload: UnsafeRawBufferPointer,
        _ time: Int64,
        _ state: UnsafeMutablePointer<DNSState>
    ) {
        state.pointee.queries &+= 1
        if state.pointee.pending.count >= FlowMeter.pendingMax {
            complete(records.removeFirst(&state.pointee.pending), state)
        }
        let query = record(of: message, time)
        guard query != 0, write(message, payload, to: query, withAnswers: false) else {
            if query != 0 { records.remove(query) }
            state.pointee.omitted &+= 1
            return
        }
        records.append(query, to: &state.pointee.pending)
    }

    /// Fills in what a response says; false where there was no room.
    private mutating func answer(
        _ number: UInt32,
        _ message: DNSMessage,
        _ payload: UnsafeRawBufferPointer
    ) -> Bool {
        let record = records[number]
        record.pointee.hasResponse = true
        record.pointee.code = UInt16(message.responseCode)
        let isNamed = record.pointee.text != 0
        if isNamed, message.answerCount == 0 { return true }
        return write(message, payload, to: number, withAnswers: true)
    }

    /// Writes the name, and the addresses that answer it, as the text of a record.
    private mutating func write(
        _ message: DNSMessage,
        _ payload: UnsafeRawBufferPointer,
        to number: UInt32,
        withAnswers: Bool
    ) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: FlowMeter.nameMax + 17 * FlowMeter.answersMax, alignment: 8) { text in
            // A message without a question is known by its query, whose name stays.
            guard message.type != 0 || records[number].pointee.text == 0 else { return true }
            let name = UnsafeMutableRawBufferPointer(rebasing: text[..<FlowMeter.nameMax])
            var count = message.writeName(of: payload.bytes, into: name)
            records[number].pointee.nameLength = UInt16(count)
            records[number].pointee.detail = 0
            if withAnswers {
                var addresses = message.addresses
                while records[number].pointee.detail < FlowMeter.answersMax,
                    let address = addresses.next(in: payload.bytes)
                {
                    text[count] = address.family.rawValue
                    text.storeBytes(of: address.high, toByteOffset: count + 1, as: UInt64.self)
                    text.storeBytes(of: address.low, toByteOffset: count + 9, as: UInt64.self)
                    count += 17
                    records[number].pointee.detail += 1
                }
            }
            return records.setText(number, UnsafeRawBufferPointer(rebasing: text[..<count]))
        }
    }

    /// Moves a query that got no response to the complete exchanges.
    private mutating func complete(_ number: UInt32, _ state: UnsafeMutablePointer<DNSState>) {
        guard number != 0 else { return }
        if state.pointee.complete.count < FlowMeter.keptMax {
            records.append(number, to: &state.pointee.complete)
        } else {
            records.remove(number)
            state.pointee.omitted &+= 1
        }
    }

    /// Lets no query wait for longer than it should; they are in the order of their time.
    private mutating func giveUp(_ state: UnsafeMutablePointer<DNSState>, at time: Int64) {
        while state.pointee.pending.first != 0,
            time == .max || time &- records[state.pointee.pending.first].pointee.time > FlowMeter.patience
        {
            complete(records.removeFirst(&state.pointee.pending), state)
        }
    }

    /// Takes the messages of the open report out of a flow; `nil` where there were none.
    mutating func takeDNS(_ number: UInt32, at time: Int64, isLast: Bool) -> DNSReport? {
        let state = dnsStates[number]
        giveUp(state, at: isLast ? .max : time)
        var report = DNSReport()
        report.queries = state.pointee.queries
        report.responses = state.pointee.responses
        report.failures = state.pointee.failures
        report.omitted = state.pointee.omitted
        while state.pointee.complete.first != 0 {
            let first = records.removeFirst(&state.pointee.complete)
            report.exchanges.append(dnsExchange(first))
            records.remove(first)
        }
        let pending = state.pointee.pending
        state.pointee = DNSState()
        state.pointee.pending = pending
        return report == DNSReport() ? nil : report
    }

    private func dnsExchange(_ number: UInt32) -> DNSExchange {
        let record = records[number].pointee
        let nameLength = Int(record.nameLength)
        return records.withText(number, count: nameLength + 17 * Int(record.detail)) { text in
            var answers: [IPAddress] = []
            for start in stride(from: nameLength, to: text.count - 16, by: 17) {
                answers.append(
                    IPAddress(
                        high: text.loadUnaligned(fromByteOffset: start + 1, as: UInt64.self),
                        low: text.loadUnaligned(fromByteOffset: start + 9, as: UInt64.self),
                        family: text[start] == IPAddress.Family.v6.rawValue ? .v6 : .v4
                    )
                )
            }
            return DNSExchange(
                time: Timestamp(nanoseconds: record.time),
                name: String(decoding: text.prefix(nameLength), as: UTF8.self),
                type: record.type,
                code: record.hasResponse ? UInt8(truncatingIfNeeded: record.code) : nil,
                latency: record.latency >= 0 ? record.latency : nil,
                answers: answers
            )
        }
    }

    /// Lets go of the state of a flow.
    mutating func dropDNS(_ number: UInt32) {
        records.removeAll(&dnsStates[number].pointee.pending)
        records.removeAll(&dnsStates[number].pointee.complete)
        dnsStates.remove(number)
    }
}

extension StagedPacket {
    /// The payload as far as it was captured.
    var capturedPayload: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: payload, count: payload == nil ? 0 : Int(payloadCaptured))
    }
}
