import AddressResolution
import ArgumentParser
import FlowModel
import Terminal

/// `podsight resolve`: who had an address, then.
struct ResolveCommand: AsyncParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table, json, jsonl, csv
    }

    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Say who had an address at a time: pod, service or node, since when and until when.",
        discussion: """
            Asks a running instance; with --cluster, a recording.

            EXAMPLES
              podsight resolve 172.17.0.9 --at 5m
              podsight resolve 10.96.0.10:53/udp --at 2026-11-21T01:36:20Z
              podsight resolve --history 172.17.0.9 --cluster cluster.jsonl
              podsight resolve --stdin < questions.txt > answers.jsonl
              podsight replay web.pcap -o jsonl | podsight resolve --stdin \\
                --ip-field source.ip --at-field event.start --cluster cluster.jsonl
            """
    )

    @Argument(help: ArgumentHelp("IP, IP:PORT or [IP]:PORT; /udp after it names the protocol.", valueName: "address"))
    var address: String?

    @Option(help: ArgumentHelp("At what time: RFC 3339, 5m (ago), or a number since the epoch.", valueName: "time"))
    var at: String?

    @Flag(help: "Also everyone else who has the address then, such as pods that share their node's.")
    var all = false

    @Option(help: ArgumentHelp("All intervals of an address, a pod or a service.", valueName: "name"))
    var history: String?

    @Flag(
        name: .customLong("stdin"),
        help: "Read questions from standard input, one a line: ADDRESS[:PORT] [TIME], or JSON."
    )
    var readsInput = false

    @Option(help: ArgumentHelp("The field of JSON lines with the address; ip, if not named.", valueName: "name"))
    var ipField: String?

    @Option(help: ArgumentHelp("The field of JSON lines with the port.", valueName: "name"))
    var portField: String?

    @Option(help: ArgumentHelp("The field of JSON lines with the time; at, if not named.", valueName: "name"))
    var atField: String?

    @Option(
        name: .customLong("cluster"),
        help: ArgumentHelp("Ask a recording of API traffic or manifests, not an instance.", valueName: "path")
    )
    var clusters: [String] = []

    @OptionGroup(title: "Clocks, of a recording")
    var clocks: ClockOptions

    @Option(name: [.short, .customLong("output")], help: "How to print: table, json, jsonl or csv.")
    var output: Format?

    @Option(help: "The instance, such as http://127.0.0.1:7080 (or PODSIGHT_SERVER).")
    var server: String?

    func validate() throws {
        let asked = [address != nil, readsInput, history != nil].filter { $0 }.count
        guard asked == 1 else { throw ValidationError("name one address, or use --history or --stdin") }
        guard clusters.isEmpty || server == nil else {
            throw ValidationError("--cluster answers from files, --server from an instance: use one of them")
        }
        guard !all || address != nil else { throw ValidationError("--all is for one address") }
        guard at == nil || history == nil else { throw ValidationError("--history is of all time: leave out --at") }
        let fields = [ipField, portField, atField].compactMap(\.self)
        guard fields.isEmpty || readsInput else { throw ValidationError("fields are those of lines: use --stdin") }
        guard !fields.contains("") else { throw ValidationError("a field has a name") }
        guard !readsInput || !clusters.contains("-") else {
            throw ValidationError("standard input is either questions or a recording")
        }
        if readsInput, let output, AnswerFormat(rawValue: output.rawValue) == nil {
            throw ValidationError("one answer a line needs -o jsonl or csv")
        }
        if let at, TimeExpression.parse(at, now: Timestamp(nanoseconds: 0)) == nil {
            throw ValidationError("--at: \(at) is no time; write RFC 3339, 5m (ago) or seconds since the epoch")
        }
        if let address {
            do throws(QuestionProblem) {
                _ = try AddressText(address)
            } catch {
                throw ValidationError("\(address): \(error)")
            }
        }
    }

    func run() async throws {
        let source: any AnswerSource =
            clusters.isEmpty
            ? ServerAnswers(APIClient(server: server)) : try RecordedAnswers(clusters, clocks.configuration)
        if readsInput {
            let format = output.flatMap { AnswerFormat(rawValue: $0.rawValue) } ?? .jsonl
            let fields = QuestionFields(address: ipField, port: portField, time: atField)
            try await AnswerRun(format: format, fields: fields, at: at).run(source)
            return
        }
        let format = (output ?? .table).rawValue
        let answer: FoundAnswer
        if let history {
            answer = try await source.history(history, format: format)
        } else {
            answer = try await source.answer(address ?? "", at: at, all: all, format: format)
        }
        var stdout = StandardOutput()
        stdout.bytes = answer.text
        if answer.text.last != UInt8(ascii: "\n") { stdout.bytes.append(UInt8(ascii: "\n")) }
        try stdout.flush()
        if !answer.isFound { throw CommandFailure("", status: .answerIsNo) }
    }
}
