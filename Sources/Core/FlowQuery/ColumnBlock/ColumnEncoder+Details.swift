import FlowModel
import NetworkAddressing

/// What a row has beyond the columns that all rows have: the bits of `ColumnBlock.Section.details`.
struct RowDetails: OptionSet {
    let rawValue: UInt8

    static let superPackets = RowDetails(rawValue: 1)
    static let tunnel = RowDetails(rawValue: 2)
    static let tcp = RowDetails(rawValue: 4)
    static let exchanges = RowDetails(rawValue: 8)
    static let dns = RowDetails(rawValue: 16)
    static let http = RowDetails(rawValue: 32)
    static let all: RowDetails = [.superPackets, .tunnel, .tcp, .exchanges, .dns, .http]

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ observation: Observation) {
        var details: RowDetails = []
        if observation.superPackets > 0 { details.insert(.superPackets) }
        if observation.tunnel != nil { details.insert(.tunnel) }
        if observation.tcp != nil { details.insert(.tcp) }
        if observation.exchanges != nil { details.insert(.exchanges) }
        if observation.dns != nil { details.insert(.dns) }
        if observation.http != nil { details.insert(.http) }
        self = details
    }
}

/// What of a TCP report follows its first byte, whose low four bits are the state.
enum TCPMark {
    static let state: UInt8 = 0x0f
    static let handshakeToDestination: UInt8 = 0x10
    static let handshakeToSource: UInt8 = 0x20
    /// The source's counts other than payload bytes, which are mostly all zero.
    static let forwardTrouble: UInt8 = 0x40
    static let backwardTrouble: UInt8 = 0x80
}

/// What of an exchange is known.
enum ExchangeMark {
    static let code: UInt8 = 1
    static let latency: UInt8 = 2
}

extension ColumnEncoder {
    /// Adds what analysis found; one byte where it found nothing.
    mutating func addDetails(_ observation: Observation) {
        let details = RowDetails(observation)
        columns[.details].byte(details.rawValue)
        guard !details.isEmpty else { return }
        if details.contains(.superPackets) { columns[.superPackets].varint(UInt64(observation.superPackets)) }
        if let tunnel = observation.tunnel { columns[.tunnel].varint(tunnels.number(tunnel)) }
        if let tcp = observation.tcp { columns[.tcp].add(tcp) }
        if let exchanges = observation.exchanges { columns[.exchanges].add(exchanges) }
        if let dns = observation.dns { add(dns, since: observation.start) }
        if let http = observation.http { add(http, since: observation.start) }
    }

    private mutating func add(_ report: DNSReport, since start: Timestamp) {
        for count in [report.queries, report.responses, report.failures, report.omitted] {
            columns[.dns].varint(UInt64(count))
        }
        columns[.dns].varint(report.exchanges.count)
        for exchange in report.exchanges {
            columns[.dns].zigzag(exchange.time.nanoseconds &- start.nanoseconds)
            columns[.dns].varint(texts.number(exchange.name))
            columns[.dns].varint(UInt64(exchange.type))
            columns[.dns].addKnown(exchange.code.map(UInt64.init), exchange.latency)
            columns[.dns].varint(exchange.answers.count)
            for address in exchange.answers { columns[.dns].varint(addresses.number(address)) }
        }
    }

    private mutating func add(_ report: HTTPReport, since start: Timestamp) {
        let responses = report.responses
        for count in [
            report.requests, responses.success, responses.redirection, responses.clientError, responses.serverError,
            report.omitted,
        ] {
            columns[.http].varint(UInt64(count))
        }
        columns[.http].varint(report.exchanges.count)
        for exchange in report.exchanges {
            columns[.http].zigzag(exchange.time.nanoseconds &- start.nanoseconds)
            for text in [exchange.method, exchange.host, exchange.path] { columns[.http].varint(texts.number(text)) }
            columns[.http].addKnown(exchange.status.map(UInt64.init), exchange.latency)
        }
    }
}

extension ColumnWriter {
    fileprivate mutating func add(_ report: TCPReport) {
        var marks = report.state.rawValue
        if report.handshakeToDestination != nil { marks |= TCPMark.handshakeToDestination }
        if report.handshakeToSource != nil { marks |= TCPMark.handshakeToSource }
        if report.forward.hasTrouble { marks |= TCPMark.forwardTrouble }
        if report.backward.hasTrouble { marks |= TCPMark.backwardTrouble }
        byte(marks)
        if let time = report.handshakeToDestination { zigzag(time) }
        if let time = report.handshakeToSource { zigzag(time) }
        for counts in [report.forward, report.backward] {
            varint(counts.payloadBytes)
            guard counts.hasTrouble else { continue }
            for count in counts.trouble { varint(UInt64(count)) }
        }
    }

    fileprivate mutating func add(_ histogram: LatencyHistogram) {
        varint(histogram.entries.count)
        for entry in histogram.entries {
            byte(entry.bucket)
            varint(UInt64(entry.count))
        }
        zigzag(histogram.sum)
        zigzag(histogram.longest)
    }

    /// The response's code and the latency, as far as they are known.
    fileprivate mutating func addKnown(_ code: UInt64?, _ latency: Int64?) {
        byte((code == nil ? 0 : ExchangeMark.code) | (latency == nil ? 0 : ExchangeMark.latency))
        if let code { varint(code) }
        if let latency { zigzag(latency) }
    }
}

extension TCPCounts {
    /// All counts but payload bytes, in the order in which they are stored.
    fileprivate var trouble: [UInt32] { [retransmitted, outOfOrder, lost, zeroWindows, resets] }

    fileprivate var hasTrouble: Bool { retransmitted | outOfOrder | lost | zeroWindows | resets != 0 }
}
