import NetworkAddressing

/// What was understood of the DNS messages of a flow in one report.
package struct DNSReport: Hashable, Sendable {
    /// Queries; one that is sent again with the same number and question counts once.
    package var queries: UInt32 = 0
    /// Responses.
    package var responses: UInt32 = 0
    /// Responses with a code other than NOERROR.
    package var failures: UInt32 = 0
    /// Exchanges that are counted above and of which no more is kept.
    package var omitted: UInt32 = 0
    /// Queries with their responses, in the order in which they were complete.
    package var exchanges: [DNSExchange] = []

    /// Nothing.
    package init() {}
}

/// A DNS query with its response.
package struct DNSExchange: Hashable, Sendable {
    /// When the query was sent; when the response came, if only that was seen.
    package var time: Timestamp
    /// The name that was asked for, in lower case, without the dot at the end; `.` for the root.
    package var name: String
    /// The type that was asked for, such as 1 for A.
    package var type: UInt16
    /// The response's code, 0 for NOERROR; `nil` where no response was seen.
    package var code: UInt8?
    /// Nanoseconds from query to response; `nil` where either was not seen.
    package var latency: Int64?
    /// The addresses among the response's answers, in their order, eight at the most.
    package var answers: [IPAddress] = []

    /// An exchange.
    package init(time: Timestamp, name: String, type: UInt16, code: UInt8?, latency: Int64?, answers: [IPAddress]) {
        self.time = time
        self.name = name
        self.type = type
        self.code = code
        self.latency = latency
        self.answers = answers
    }
}

/// What was understood of the HTTP/1 messages of a flow in one report.
package struct HTTPReport: Hashable, Sendable {
    /// Requests.
    package var requests: UInt32 = 0
    /// Final responses by the hundreds of their status: 2xx, 3xx, 4xx, 5xx; other ones count as 5xx.
    package var responses = Responses()
    /// Exchanges that are counted above and of which no more is kept.
    package var omitted: UInt32 = 0
    /// Requests with their responses, in the order in which they were complete.
    package var exchanges: [HTTPExchange] = []

    /// Final responses by class.
    package struct Responses: Hashable, Sendable, BitwiseCopyable {
        /// 2xx.
        package var success: UInt32 = 0
        /// 3xx.
        package var redirection: UInt32 = 0
        /// 4xx.
        package var clientError: UInt32 = 0
        /// 5xx.
        package var serverError: UInt32 = 0

        /// None.
        package init() {}

        /// All of them.
        package var total: UInt64 {
            UInt64(success) + UInt64(redirection) + UInt64(clientError) + UInt64(serverError)
        }
    }

    /// Nothing.
    package init() {}
}

/// An HTTP/1 request with its response.
package struct HTTPExchange: Hashable, Sendable {
    /// When the request began; when the response began, if only that was seen.
    package var time: Timestamp
    /// The method, such as `GET`; empty where the request was not seen.
    package var method: String
    /// The Host header's value; empty where it was not seen.
    package var host: String
    /// The request's target without its query; empty where it was not seen.
    package var path: String
    /// The final response's status; `nil` where no response was seen.
    package var status: UInt16?
    /// Nanoseconds from the last segment of the request to the first of the response; `nil` where not both were seen.
    package var latency: Int64?

    /// An exchange.
    package init(time: Timestamp, method: String, host: String, path: String, status: UInt16?, latency: Int64?) {
        self.time = time
        self.method = method
        self.host = host
        self.path = path
        self.status = status
        self.latency = latency
    }
}
