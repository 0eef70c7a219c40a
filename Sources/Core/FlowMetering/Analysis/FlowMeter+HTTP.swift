import FlowModel
import PacketParsing

/// What is known of the HTTP/1 messages of a connection.
struct HTTPState: BitwiseCopyable {
    var lower = HTTPStream()
    var upper = HTTPStream()
    var requests: UInt32 = 0
    var omitted: UInt32 = 0
    var responses = HTTPReport.Responses()
    /// Requests that wait for their final response.
    var pending = RecordList()
    /// Exchanges that are complete.
    var complete = RecordList()
    /// Requests behind the pending ones that there was no room for: their responses are passed over.
    var unrecorded: UInt32 = 0
}

extension FlowMeter {
    /// Requests of one connection that may wait at a time.
    private static let pendingMax: UInt32 = 64
    /// Exchanges kept for one report.
    private static let keptMax: UInt32 = 16
    private static let pathMax = 256
    private static let hostMax = 128
    /// In the upper side's `shared`: the connection speaks something else.
    private static let isNotHTTP: UInt8 = 0x80
    /// Segments with payload that are looked at before a connection is held to speak something else.
    private static let attemptsMax: UInt8 = 16

    /// Reads new payload of a connection.
    @inline(__always)
    mutating func followApplication(
        _ packet: UnsafePointer<StagedPacket>,
        _ flow: UInt32,
        _ connection: UnsafeMutablePointer<TCPConnection>,
        _ place: SegmentPlace
    ) {
        if connection.pointee.application == 0 {
            guard connection.pointee.upper.shared & FlowMeter.isNotHTTP == 0 else { return }
            beginApplication(packet, connection)
            guard connection.pointee.application != 0 else { return }
        }
        if FlowMeter.isDNS(packet.pointee.key) {
            followDNSSegment(packet, connection, place)
        } else {
            followHTTP(packet, connection, place)
        }
    }

    /// Finds out whether a connection speaks what is understood here.
    @inline(never)
    private mutating func beginApplication(
        _ packet: UnsafePointer<StagedPacket>,
        _ connection: UnsafeMutablePointer<TCPConnection>
    ) {
        if FlowMeter.isDNS(packet.pointee.key) {
            connection.pointee.application = dnsStates.add(DNSState())
        } else if HTTPStream.mayBegin(packet.pointee.capturedPayload.bytes) {
            var state = HTTPState()
            // What came before was not HTTP, or was not seen: only a start line will do.
            state.lower.lose()
            state.upper.lose()
            connection.pointee.application = httpStates.add(state)
        }
        guard connection.pointee.application == 0 else {
            connection.pointee.upper.shared = 0
            return
        }
        connection.pointee.upper.shared += 1
        if connection.pointee.upper.shared >= FlowMeter.attemptsMax {
            connection.pointee.upper.shared = FlowMeter.isNotHTTP
        }
    }

    private mutating func followDNSSegment(
        _ packet: UnsafePointer<StagedPacket>,
        _ connection: UnsafeMutablePointer<TCPConnection>,
        _ place: SegmentPlace
    ) {
        let payload = packet.pointee.capturedPayload
        let length = Int(packet.pointee.payloadBytes)
        guard let message = DNSMessage(segment: payload.bytes, payloadBytes: length) else { return }
        follow(message, payload, packet.pointee.timestamp, dnsStates[connection.pointee.application])
    }

    @inline(never)
    private mutating func followHTTP(
        _ packet: UnsafePointer<StagedPacket>,
        _ connection: UnsafeMutablePointer<TCPConnection>,
        _ place: SegmentPlace
    ) {
        let state = httpStates[connection.pointee.application]
        let isUpper = packet.pointee.side != 0
        var stream = isUpper ? state.pointee.upper : state.pointee.lower
        if place != .next { stream.lose() }
        let payload = packet.pointee.capturedPayload
        let length = Int(packet.pointee.payloadBytes)
        var offset = 0
        var isHTTP = true
        // Every event moves on, so that there are no more of them than bytes.
        events: while isHTTP {
            let pending = state.pointee.pending.first
            let method =
                pending == 0 ? HTTPMethod.other : HTTPMethod(rawValue: records[pending].pointee.detail) ?? .other
            switch stream.next(in: payload.bytes, length: length, from: &offset, answering: method) {
            case .none: break events
            case .notHTTP: isHTTP = false
            case .request(let line): request(line, packet, state)
            case .response(let status): respond(status, packet.pointee.timestamp, connection, state)
            }
        }
        if isUpper { state.pointee.upper = stream } else { state.pointee.lower = stream }
        if !isHTTP {
            // What was understood is reported; nothing more is looked at.
            state.pointee.lower.stop()
            state.pointee.upper.stop()
        }
    }

    private mutating func request(
        _ line: HTTPRequestLine,
        _ packet: UnsafePointer<StagedPacket>,
        _ state: UnsafeMutablePointer<HTTPState>
    ) {
        state.pointee.requests &+= 1
        guard state.pointee.unrecorded == 0, state.pointee.pending.count < FlowMeter.pendingMax else {
            state.pointee.unrecorded &+= 1
            return
        }
        var record = ApplicationRecord(time: packet.pointee.timestamp)
        record.detail = line.method.rawValue
        let number = records.add(record)
        guard number != 0 else {
            state.pointee.unrecorded &+= 1
            return
        }
        records.append(number, to: &state.pointee.pending)
        // Beyond what is kept there is no use for its text.
        guard state.pointee.complete.count < FlowMeter.keptMax else { return }
        write(line, packet.pointee.capturedPayload, to: number)
    }

    /// Writes method, host and path as the text of a record, as far as there is room.
    private mutating func write(_ line: HTTPRequestLine, _ payload: UnsafeRawBufferPointer, to number: UInt32) {
        let (name, host, path) = (line.name, line.host.prefix(FlowMeter.hostMax), line.path.prefix(FlowMeter.pathMax))
        let count = name.count + host.count + path.count
        withUnsafeTemporaryAllocation(byteCount: 16 + FlowMeter.hostMax + FlowMeter.pathMax, alignment: 1) { text in
            // The parser's ranges lie in what was captured.
            guard count <= text.count, max(name.upperBound, host.upperBound, path.upperBound) <= payload.count
            else { return }
            UnsafeMutableRawBufferPointer(rebasing: text[..<name.count]).copyBytes(from: payload[name])
            UnsafeMutableRawBufferPointer(rebasing: text[name.count...]).copyBytes(from: payload[host])
            UnsafeMutableRawBufferPointer(rebasing: text[(name.count + host.count)...]).copyBytes(from: payload[path])
            guard records.setText(number, UnsafeRawBufferPointer(rebasing: text[..<count])) else { return }
            records[number].pointee.nameLength = UInt16(name.count)
            records[number].pointee.type = UInt16(host.count)
            records[number].pointee.id = UInt16(path.count)
        }
    }

    private mutating func respond(
        _ status: UInt16,
        _ time: Int64,
        _ connection: UnsafeMutablePointer<TCPConnection>,
        _ state: UnsafeMutablePointer<HTTPState>
    ) {
        // 101 is final too: what follows is another protocol's.
        guard status >= 200 || status == 101 else { return }
        switch status {
        case 101..<300: state.pointee.responses.success &+= 1
        case 300..<400: state.pointee.responses.redirection &+= 1
        case 400..<500: state.pointee.responses.clientError &+= 1
        default: state.pointee.responses.serverError &+= 1
        }
        var number = records.removeFirst(&state.pointee.pending)
        if number == 0 {
            if state.pointee.unrecorded > 0 {
                state.pointee.unrecorded -= 1
                state.pointee.omitted &+= 1
                return
            }
            number = records.add(ApplicationRecord(time: time))
        } else {
            // The last segment of the request is what the connection's own clock knows.
            let asked = state.pointee.pending.first == 0 ? connection.pointee.mark : records[number].pointee.time
            records[number].pointee.latency = max(0, time &- max(asked, records[number].pointee.time))
        }
        guard number != 0 else {
            state.pointee.omitted &+= 1
            return
        }
        records[number].pointee.code = status
        records[number].pointee.hasResponse = true
        keep(number, state)
    }

    private mutating func keep(_ number: UInt32, _ state: UnsafeMutablePointer<HTTPState>) {
        if state.pointee.complete.count < FlowMeter.keptMax {
            records.append(number, to: &state.pointee.complete)
        } else {
            records.remove(number)
            state.pointee.omitted &+= 1
        }
    }

    /// Takes the messages of the open report out of a connection; `nil` where there were none.
    mutating func takeHTTP(of connection: UnsafeMutablePointer<TCPConnection>, isLast: Bool) -> HTTPReport? {
        let number = connection.pointee.application
        let state = httpStates[number]
        while isLast, state.pointee.pending.first != 0 {
            keep(records.removeFirst(&state.pointee.pending), state)
        }
        if isLast {
            state.pointee.omitted &+= state.pointee.unrecorded
            state.pointee.unrecorded = 0
        }
        var report = HTTPReport()
        report.requests = state.pointee.requests
        report.responses = state.pointee.responses
        report.omitted = state.pointee.omitted
        report.exchanges.reserveCapacity(Int(state.pointee.complete.count))
        while state.pointee.complete.first != 0 {
            let first = records.removeFirst(&state.pointee.complete)
            report.exchanges.append(httpExchange(first))
            records.remove(first)
        }
        state.pointee.requests = 0
        state.pointee.responses = HTTPReport.Responses()
        state.pointee.omitted = 0
        forgetIfIdle(connection, state)
        return report == HTTPReport() ? nil : report
    }

    /// Lets go of the state of a connection between two messages, which the next one makes anew.
    private mutating func forgetIfIdle(
        _ connection: UnsafeMutablePointer<TCPConnection>,
        _ state: UnsafeMutablePointer<HTTPState>
    ) {
        guard state.pointee.pending.first == 0, state.pointee.unrecorded == 0 else { return }
        let isOver = state.pointee.lower.isStopped && state.pointee.upper.isStopped
        guard isOver || (state.pointee.lower.isBetweenMessages && state.pointee.upper.isBetweenMessages) else { return }
        if isOver { connection.pointee.upper.shared = FlowMeter.isNotHTTP }
        httpStates.remove(connection.pointee.application)
        connection.pointee.application = 0
    }

    private func httpExchange(_ number: UInt32) -> HTTPExchange {
        let record = records[number].pointee
        let hostStart = Int(record.nameLength)
        let pathStart = hostStart + Int(record.type)
        return records.withText(number, count: pathStart + Int(record.id)) { text in
            // Without room for a text there is none of it.
            let hasText = text.count == pathStart + Int(record.id)
            return HTTPExchange(
                time: Timestamp(nanoseconds: record.time),
                method: hasText ? String(decoding: text[..<hostStart], as: UTF8.self) : "",
                host: hasText ? String(decoding: text[hostStart..<pathStart], as: UTF8.self) : "",
                path: hasText ? String(decoding: text[pathStart...], as: UTF8.self) : "",
                status: record.hasResponse ? record.code : nil,
                latency: record.latency >= 0 ? record.latency : nil
            )
        }
    }

    /// Lets go of what is known of a connection's application.
    mutating func dropApplication(of connection: UnsafeMutablePointer<TCPConnection>, isDNS: Bool) {
        let number = connection.pointee.application
        guard number != 0 else { return }
        connection.pointee.application = 0
        guard !isDNS else { return dropDNS(number) }
        records.removeAll(&httpStates[number].pointee.pending)
        records.removeAll(&httpStates[number].pointee.complete)
        httpStates.remove(number)
    }
}
