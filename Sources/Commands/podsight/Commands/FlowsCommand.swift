import ArgumentParser
import NIOCore
import Terminal

/// `podsight flows`: asks a running instance for flows.
struct FlowsCommand: AsyncParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table, wide, json, jsonl, csv
    }

    static let configuration = CommandConfiguration(
        commandName: "flows",
        abstract: "Show the flows of a running instance, filtered.",
        discussion: """
            EXAMPLES
              podsight flows 'src.ns=web dst.port=5432'
              podsight flows 'bytes>=1MB not dst.ip=10.0.0.0/8' --since 1h
              podsight flows 'dst.workload=cart' -f -o jsonl
            """
    )

    @Argument(help: "The filter, such as 'dst.ns=db bytes>1MB'; several words are joined.")
    var filter: [String] = []

    @Option(help: ArgumentHelp("From when: 5m (ago), RFC 3339 or seconds since the epoch.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Until when.", valueName: "time"))
    var until: String?

    @Option(help: "The number of flows at the most, the newest.")
    var limit = 100

    @Flag(name: [.short, .long], help: "Go on with new flows until interrupted.")
    var follow = false

    @Option(name: [.short, .customLong("output")], help: "How to print: table, wide, json, jsonl or csv.")
    var output = Format.table

    @Option(help: "The instance, such as http://127.0.0.1:7080 (or PODSIGHT_SERVER).")
    var server: String?

    func validate() throws {
        guard (0...10_000).contains(limit) else { throw ValidationError("--limit is from 0 to 10000") }
        guard !(follow && output == .json) else {
            throw ValidationError("-f has no end, so it needs lines: use -o jsonl, table, wide or csv")
        }
    }

    func run() async throws {
        var parameters = [("limit", "\(limit)"), ("format", output.rawValue)]
        if !filter.isEmpty { parameters.append(("q", filter.joined(separator: " "))) }
        if let since { parameters.append(("from", since)) }
        if let until { parameters.append(("to", until)) }
        if follow { parameters.append(("follow", "true")) }
        var stdout = StandardOutput()
        try await APIClient(server: server).get(
            "/api/v1/flows",
            parameters,
            timeout: follow ? .hours(24 * 365) : .seconds(60)
        ) { buffer in
            stdout.bytes.append(contentsOf: buffer.readableBytesView)
            try stdout.flush()
        }
        if output == .json {
            stdout.bytes.append(UInt8(ascii: "\n"))
            try stdout.flush()
        }
    }
}
