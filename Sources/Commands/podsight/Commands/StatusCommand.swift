import ArgumentParser
import JSONText
import NIOCore
import RecordFormats
import Terminal

/// `podsight status`: how a running instance stands.
struct StatusCommand: AsyncParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table, json
    }

    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how a running instance stands: what it captured, lost, stored and knows of the cluster."
    )

    @Option(name: [.short, .customLong("output")], help: "How to print: table or json.")
    var output = Format.table

    @Option(help: "The instance, such as http://127.0.0.1:7080 (or PODSIGHT_SERVER).")
    var server: String?

    func run() async throws {
        var body: [UInt8] = []
        let client = APIClient(server: server)
        try await client.get("/api/v1/status") { body += $0.readableBytesView }
        var stdout = StandardOutput()
        switch output {
        case .json:
            stdout.bytes = body + [UInt8(ascii: "\n")]
        case .table:
            guard let json = try? JSONValue.parse(body) else {
                throw CommandFailure("\(client.server) answered with something else than a status")
            }
            stdout.bytes = Array(StatusText.render(json).utf8)
        }
        try stdout.flush()
    }
}
