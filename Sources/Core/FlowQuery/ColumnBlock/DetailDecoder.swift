import FlowModel
import NetworkAddressing

/// Reads the columns that only some rows have.
struct DetailDecoder {
    private let dictionaries: BlockDictionaries
    private var details, superPackets, tunnel, tcp, exchanges, dns, http: ColumnReader

    init(_ block: ColumnBlock, _ dictionaries: BlockDictionaries) throws(ColumnBlockError) {
        self.dictionaries = dictionaries
        details = try block.reader(.details)
        superPackets = try block.reader(.superPackets)
        tunnel = try block.reader(.tunnel)
        tcp = try block.reader(.tcp)
        exchanges = try block.reader(.exchanges)
        dns = try block.reader(.dns)
        http = try block.reader(.http)
    }

    /// Gives the next row's observation what it has.
    mutating func read(into observation: inout Observation) throws(ColumnBlockError) {
        let row = RowDetails(rawValue: try details.byte())
        guard !row.isEmpty else { return }
        guard row.isSubset(of: .all) else { throw details.error("details of no known meaning") }
        if row.contains(.superPackets) { observation.superPackets = try superPackets.number() }
        if row.contains(.tunnel) {
            observation.tunnel = dictionaries.tunnels[try tunnel.index(below: dictionaries.tunnels.count)]
        }
        if row.contains(.tcp) { observation.tcp = try tcp.tcpReport() }
        if row.contains(.exchanges) { observation.exchanges = try exchanges.histogram() }
        if row.contains(.dns) { observation.dns = try dnsReport(since: observation.start) }
        if row.contains(.http) { observation.http = try httpReport(since: observation.start) }
    }

    /// Checks that no column goes on.
    func expectEnd() throws(ColumnBlockError) {
        for column in [details, superPackets, tunnel, tcp, exchanges, dns, http] { try column.expectEnd() }
    }

    private mutating func dnsReport(since start: Timestamp) throws(ColumnBlockError) -> DNSReport {
        var report = DNSReport()
        report.queries = try dns.number()
        report.responses = try dns.number()
        report.failures = try dns.number()
        report.omitted = try dns.number()
        for _ in 0..<(try dns.count()) {
            let time = Timestamp(nanoseconds: start.nanoseconds &+ (try dns.zigzag()))
            let name = dictionaries.texts[try dns.index(below: dictionaries.texts.count)]
            let type: UInt16 = try dns.number()
            let known: (code: UInt8?, latency: Int64?) = try dns.known()
            var answers: [IPAddress] = []
            for _ in 0..<(try dns.count()) {
                answers.append(dictionaries.addresses[try dns.index(below: dictionaries.addresses.count)])
            }
            report.exchanges.append(
                DNSExchange(
                    time: time,
                    name: name,
                    type: type,
                    code: known.code,
                    latency: known.latency,
                    answers: answers
                )
            )
        }
        return report
    }

    private mutating func httpReport(since start: Timestamp) throws(ColumnBlockError) -> HTTPReport {
        var report = HTTPReport()
        report.requests = try http.number()
        report.responses.success = try http.number()
        report.responses.redirection = try http.number()
        report.responses.clientError = try http.number()
        report.responses.serverError = try http.number()
        report.omitted = try http.number()
        for _ in 0..<(try http.count()) {
            let time = Timestamp(nanoseconds: start.nanoseconds &+ (try http.zigzag()))
            let method = dictionaries.texts[try http.index(below: dictionaries.texts.count)]
            let host = dictionaries.texts[try http.index(below: dictionaries.texts.count)]
            let path = dictionaries.texts[try http.index(below: dictionaries.texts.count)]
            let known: (code: UInt16?, latency: Int64?) = try http.known()
            report.exchanges.append(
                HTTPExchange(
                    time: time,
                    method: method,
                    host: host,
                    path: path,
                    status: known.code,
                    latency: known.latency
                )
            )
        }
        return report
    }
}

extension ColumnReader {
    fileprivate mutating func tcpReport() throws(ColumnBlockError) -> TCPReport {
        let marks = try byte()
        guard let state = TCPState(rawValue: marks & TCPMark.state) else {
            throw error("a TCP state of no known meaning")
        }
        var report = TCPReport(state: state)
        if marks & TCPMark.handshakeToDestination != 0 { report.handshakeToDestination = try zigzag() }
        if marks & TCPMark.handshakeToSource != 0 { report.handshakeToSource = try zigzag() }
        report.forward = try tcpCounts(hasTrouble: marks & TCPMark.forwardTrouble != 0)
        report.backward = try tcpCounts(hasTrouble: marks & TCPMark.backwardTrouble != 0)
        return report
    }

    private mutating func tcpCounts(hasTrouble: Bool) throws(ColumnBlockError) -> TCPCounts {
        var counts = TCPCounts()
        counts.payloadBytes = try varint()
        guard hasTrouble else { return counts }
        counts.retransmitted = try number()
        counts.outOfOrder = try number()
        counts.lost = try number()
        counts.zeroWindows = try number()
        counts.resets = try number()
        return counts
    }

    /// A histogram; its buckets ascend, as whoever reads quantiles from it relies on.
    fileprivate mutating func histogram() throws(ColumnBlockError) -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for _ in 0..<(try count()) {
            let bucket = try byte()
            guard histogram.entries.last.map({ $0.bucket < bucket }) ?? true else {
                throw error("buckets are out of order")
            }
            histogram.entries.append(LatencyHistogram.Entry(bucket: bucket, count: try number()))
        }
        histogram.sum = try zigzag()
        histogram.longest = try zigzag()
        return histogram
    }

    /// A response's code and a latency, as far as they are known.
    fileprivate mutating func known<Code: FixedWidthInteger>() throws(ColumnBlockError) -> (Code?, Int64?) {
        let marks = try byte()
        guard marks & ~(ExchangeMark.code | ExchangeMark.latency) == 0 else {
            throw error("marks of no known meaning")
        }
        let code: Code? = marks & ExchangeMark.code != 0 ? try number() : nil
        return (code, marks & ExchangeMark.latency != 0 ? try zigzag() : nil)
    }
}
