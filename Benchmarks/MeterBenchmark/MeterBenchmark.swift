import Glibc

/// Meters a capture and nothing else, to be measured from outside: `meter-benchmark FILE MODE`.
@main
struct MeterBenchmark {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let mode = Mode(rawValue: arguments[2]) else {
            print("usage: meter-benchmark FILE \(Mode.allCases.map(\.rawValue).joined(separator: "|"))")
            exit(64)
        }
        do {
            let bytes = try mapped(arguments[1])
            switch mode {
            case .none, .full, .encode:
                var run = try MeteringRun(bytes, mode)
                run.finish()
                print("packets \(run.packets) reports \(run.reports) encoded \(run.encodedBytes)")
            case .memory:
                for (interval, name) in [(MeteringRun.standardInterval, "10s"), (nil, "none")] {
                    var run = try MeteringRun(bytes, mode, interval: interval)
                    run.finish()
                    print("interval \(name) bytes \(run.bytesMost) flows \(run.flowsThen)")
                }
            }
        } catch {
            print("meter-benchmark: \(arguments[1]): \(error)")
            exit(1)
        }
    }

    /// What is done with the packets.
    enum Mode: String, CaseIterable {
        /// Counters alone, each flow reported once.
        case none
        /// The full analysis, each flow reported once.
        case full
        /// The same, and the reports encoded as ECS documents.
        case encode
        /// The full analysis, and how much memory it takes at most: with reports every ten seconds, and once.
        case memory
    }

    private struct SystemFailure: Error, CustomStringConvertible {
        let description: String

        init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
    }

    /// A file as memory, until the process ends.
    private static func mapped(_ path: String) throws -> UnsafeRawBufferPointer {
        let descriptor = open(path, O_RDONLY)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else { throw SystemFailure("open") }
        defer { close(descriptor) }
        let length = Int(status.st_size)
        let address = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address, Int(bitPattern: address) != -1 else { throw SystemFailure("mmap") }
        return UnsafeRawBufferPointer(start: address, count: length)
    }
}
