import ArgumentParser
import CDemo
import Glibc
import Terminal

/// `podsight demo`: the same console on a bundled recording of a robot-shop cluster.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Replay the bundled recording of a robot-shop cluster and open the console on it.",
        discussion: """
            The recording holds three and a half minutes of a Kubernetes 1.36 cluster: packets at the interfaces \
            of its pods in 26 captures, the node's conntrack events and the API's traffic, with pods killed, \
            addresses reused and services moved.
            """
    )

    @Option(help: ArgumentHelp("Where to serve the API and console.", valueName: "address"))
    var listen = ListenAddress.standard

    @Flag(inversion: .prefixedNo, help: "Open the console in a browser where there is a desktop.")
    var open = true

    func run() async throws {
        var inputs = ReplayInputs()
        for file in BundledFile.all {
            if file.path.hasPrefix("captures/") { try inputs.addCapture(path: file.path, bytes: file.bytes) }
            if file.path == "cluster.jsonl" { inputs.addRecording(file.bytes, source: "robot-shop recording") }
            if file.path == "conntrack.txt" { try inputs.addConntrack(path: file.path, bytes: file.bytes) }
        }
        let summary = try ReplayPipeline(inputs, ReplayPipeline.Configuration(isServed: true)).run()
        let open = open
        try await ReplayServer(summary, address: listen).run { url in
            StandardError.write("podsight: the robot-shop recording is at \(url) (interrupt to stop)\n")
            if open { Browser.open(url) }
        }
    }
}

extension ListenAddress {
    static let standard = ListenAddress(host: "127.0.0.1", port: 7080)
}

/// One file of the recording that is embedded in the executable.
private struct BundledFile {
    let path: String
    let bytes: UnsafeRawBufferPointer

    static var all: [BundledFile] {
        var files: [BundledFile] = []
        var file = cdemo_files()
        while let entry = file?.pointee, let path = entry.path {
            let bytes = UnsafeRawBufferPointer(start: entry.bytes, count: entry.count)
            files.append(BundledFile(path: String(cString: path), bytes: bytes))
            file = file?.successor()
        }
        return files
    }
}

/// The desktop's browser.
private enum Browser {
    /// Opens a page, or does nothing where there is no desktop.
    static func open(_ url: String) {
        guard getenv("DISPLAY") != nil || getenv("WAYLAND_DISPLAY") != nil else { return }
        var child = pid_t()
        let words = ["xdg-open", url]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        posix_spawnp(&child, "xdg-open", nil, nil, &arguments, environ)
    }
}
