import FlowModel
import JSONText
import NetworkAddressing

/// What few flows have: the messages of DNS and HTTP/1. All of their text comes from the network.
extension ECSFlowEncoder {
    /// The fields of ECS: what was asked for in any exchange of the report, each value once.
    mutating func question(_ report: DNSReport) {
        guard !report.exchanges.isEmpty else { return }
        members("dns") { writer in
            writer.key("question")
            writer.beginObject()
            writer.texts("name", report.exchanges.map(\.name))
            writer.texts("type", report.exchanges.map { DNSNames.type($0.type) })
            writer.endObject()
            writer.texts("response_code", report.exchanges.compactMap { $0.code.map(DNSNames.code) })
            writer.addresses("resolved_ip", report.exchanges.flatMap(\.answers))
        }
    }

    /// The fields of ECS: what was requested in any exchange of the report, each value once.
    mutating func request(_ report: HTTPReport) {
        guard !report.exchanges.isEmpty else { return }
        members("http") { writer in
            writer.key("request")
            writer.beginObject()
            writer.texts("method", report.exchanges.map(\.method))
            writer.endObject()
            writer.key("response")
            writer.beginObject()
            writer.numbers("status_code", report.exchanges.compactMap(\.status))
            writer.endObject()
        }
        members("url") { writer in
            writer.texts("domain", report.exchanges.map { HostHeader.domain(of: $0.host) })
            writer.texts("path", report.exchanges.map(\.path))
        }
    }

    /// `podsight.dns`.
    mutating func report(_ report: DNSReport) {
        members("dns") { writer in
            writer.number("queries", report.queries)
            writer.number("responses", report.responses)
            writer.number("failures", report.failures)
            writer.number("omitted", report.omitted)
            writer.list("exchanges", report.exchanges) { writer, exchange in
                writer.time(exchange.time)
                writer.text("name", exchange.name)
                writer.text("type", DNSNames.type(exchange.type))
                if let code = exchange.code { writer.text("code", DNSNames.code(code)) }
                writer.latency(exchange.latency)
                writer.addresses("answers", exchange.answers)
            }
        }
    }

    /// `podsight.http`.
    mutating func report(_ report: HTTPReport) {
        members("http") { writer in
            writer.number("requests", report.requests)
            writer.key("responses")
            writer.beginObject()
            writer.number("2xx", report.responses.success)
            writer.number("3xx", report.responses.redirection)
            writer.number("4xx", report.responses.clientError)
            writer.number("5xx", report.responses.serverError)
            writer.endObject()
            writer.number("omitted", report.omitted)
            writer.list("exchanges", report.exchanges) { writer, exchange in
                writer.time(exchange.time)
                writer.text("method", exchange.method)
                writer.text("host", exchange.host)
                writer.text("path", exchange.path)
                if let status = exchange.status { writer.number("status", status) }
                writer.latency(exchange.latency)
            }
        }
    }

    /// `,"name":{…}`.
    private mutating func members(_ name: StaticString, _ write: (inout JSONWriter) -> Void) {
        buffer.literal(",\"")
        buffer.literal(name)
        buffer.literal("\":")
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        write(&writer)
        writer.endObject()
        buffer.put(writer.bytes)
    }
}

/// The value of an HTTP Host header.
enum HostHeader {
    /// The value without a port; the brackets around an IPv6 address stay, as ECS wants them.
    static func domain(of host: String) -> String {
        guard let colon = host.utf8.lastIndex(of: UInt8(ascii: ":")) else { return host }
        let (name, port) = (host[..<colon], host.utf8[host.utf8.index(after: colon)...])
        let isPort = port.allSatisfy { 48...57 ~= $0 }
        return isPort && (name.hasSuffix("]") || !name.utf8.contains(UInt8(ascii: ":"))) ? String(name) : host
    }
}

extension JSONWriter {
    fileprivate mutating func number(_ name: StaticString, _ value: some FixedWidthInteger) {
        key(name)
        int(value)
    }

    /// A member of text; what was not seen is left out.
    fileprivate mutating func text(_ name: StaticString, _ value: String) {
        guard !value.isEmpty else { return }
        key(name)
        string(value)
    }

    fileprivate mutating func time(_ value: Timestamp) {
        key("time")
        ascii(atMost: 30) { value.writeRFC3339(into: $0) }
    }

    fileprivate mutating func latency(_ value: Int64?) {
        guard let value else { return }
        key("latency")
        int(max(0, value))
    }

    fileprivate mutating func list<Element>(
        _ name: StaticString,
        _ elements: [Element],
        _ write: (inout JSONWriter, Element) -> Void
    ) {
        guard !elements.isEmpty else { return }
        key(name)
        beginArray()
        for element in elements {
            beginObject()
            write(&self, element)
            endObject()
        }
        endArray()
    }

    fileprivate mutating func texts(_ name: StaticString, _ values: [String]) {
        distinct(name, values.filter { !$0.isEmpty }) { $0.string($1) }
    }

    fileprivate mutating func numbers(_ name: StaticString, _ values: [UInt16]) {
        distinct(name, values) { $0.int($1) }
    }

    /// Addresses are an array even if there is but one, as ECS has `dns.resolved_ip`.
    fileprivate mutating func addresses(_ name: StaticString, _ values: [IPAddress]) {
        distinct(name, values, isArray: true) { $0.string($1.description) }
    }

    /// Each value once, in the order in which they first come: one by itself, several as an array, none left out.
    private mutating func distinct<Value: Hashable>(
        _ name: StaticString,
        _ values: [Value],
        isArray: Bool = false,
        _ write: (inout JSONWriter, Value) -> Void
    ) {
        guard let first = values.first else { return }
        key(name)
        // Mostly all are alike, which is told without hashing them.
        guard isArray || values.contains(where: { $0 != first }) else { return write(&self, first) }
        var seen: Set<Value> = []
        let values = values.filter { seen.insert($0).inserted }
        beginArray()
        for value in values { write(&self, value) }
        endArray()
    }
}
