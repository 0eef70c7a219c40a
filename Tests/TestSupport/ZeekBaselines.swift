import Foundation

/// What Zeek's own tests expect it to say of DNS and HTTP in single captures.
///
/// A capture that several of these tests read is there once. Rows without addresses and ports are left out.
package enum ZeekBaselines {
    /// The two ends of a row's connection, as Zeek writes them; the first is the originator.
    package struct Connection: Hashable, Sendable {
        /// The capture's path in the shared data, such as `pcap/zeek/wikipedia.pcap`.
        package let capture: String
        /// The originator's address.
        package let source: String
        /// The originator's port.
        package let sourcePort: UInt16
        /// The responder's address.
        package let destination: String
        /// The responder's port.
        package let destinationPort: UInt16

        fileprivate init?(_ row: Row, _ capture: String) {
            guard let source = row["id.orig_h"], let sourcePort = row.number("id.orig_p", UInt16.self),
                let destination = row["id.resp_h"], let destinationPort = row.number("id.resp_p", UInt16.self)
            else { return nil }
            self.capture = "pcap/" + capture
            self.source = source
            self.sourcePort = sourcePort
            self.destination = destination
            self.destinationPort = destinationPort
        }
    }

    /// A line of `dns.log`: a query with its response.
    package struct DNSExchange: Hashable, Sendable {
        /// Who asked whom.
        package let connection: Connection
        /// `udp` or `tcp`.
        package let transport: String
        /// The number of query and response.
        package let id: UInt16?
        /// The name, in the case of the packet or in lower case; `nil` where there was none.
        package let query: String?
        /// The number of the type that was asked for.
        package let type: UInt16?
        /// The response's code; `nil` without response.
        package let code: UInt8?
        /// The data of the answers as Zeek writes it, addresses among them.
        package let answers: [String]
        /// Seconds from query to response.
        package let roundTrip: Double?
    }

    /// A line of `http.log`: a request with its response.
    package struct HTTPExchange: Hashable, Sendable {
        /// Who asked whom.
        package let connection: Connection
        /// The method; `nil` where no request was understood.
        package let method: String?
        /// The value of Host.
        package let host: String?
        /// The target as it stands in the request line, with its query.
        package let uri: String?
        /// The final response's status; `nil` without response.
        package let status: UInt16?
        /// The place of the request in its connection, from 1.
        package let depth: Int?
    }

    /// All lines about DNS, in the order of the file.
    package static func dns() throws -> [DNSExchange] {
        try rows(of: "dns").compactMap { row, capture in
            guard let connection = Connection(row, capture) else { return nil }
            return DNSExchange(
                connection: connection,
                transport: row["proto"] ?? "udp",
                id: row.number("trans_id"),
                query: row["query"],
                type: row.number("qtype"),
                code: row.number("rcode"),
                answers: row["answers"]?.split(separator: ",").map(String.init) ?? [],
                roundTrip: row["rtt"].flatMap(Double.init)
            )
        }
    }

    /// All lines about HTTP, in the order of the file.
    package static func http() throws -> [HTTPExchange] {
        try rows(of: "http").compactMap { row, capture in
            guard let connection = Connection(row, capture) else { return nil }
            return HTTPExchange(
                connection: connection,
                method: row["method"],
                host: row["host"],
                uri: row["uri"],
                // Zeek writes 0 for a request that had no response.
                status: row.number("status_code").flatMap { $0 == 0 ? nil : $0 },
                depth: row.number("trans_depth")
            )
        }
    }

    private struct Log: Decodable {
        let kind: String
        let pcaps: [String]
        let single_trace: Bool
        let fields: [String]
        let rows: [[String: String]]
    }

    /// A line's fields; those that are not set are not there.
    fileprivate struct Row {
        let fields: [String: String]

        subscript(name: String) -> String? {
            guard let value = fields[name], value != "-" else { return nil }
            return value == "(empty)" ? "" : value
        }

        func number<Number: FixedWidthInteger>(_ name: String, _ type: Number.Type = Number.self) -> Number? {
            self[name].flatMap { Number($0) }
        }
    }

    private static func rows(of kind: String) throws -> [(Row, String)] {
        let logs = try JSONDecoder().decode([Log].self, from: Data(SharedData.bytes("zeek/baselines.json")))
        var seen: Set<String> = []
        return logs.filter { log in
            guard log.kind == kind, log.single_trace, log.pcaps.count == 1, log.fields.contains("id.orig_h") else {
                return false
            }
            return seen.insert(log.pcaps[0]).inserted
        }.flatMap { log in log.rows.map { (Row(fields: $0), log.pcaps[0]) } }
    }
}
