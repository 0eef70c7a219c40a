import Glibc
import Terminal

/// One line on a terminal's standard error that says how far long work is; silent elsewhere.
struct ProgressBar {
    private let label: String
    private let isShown = StandardError.isTerminal
    private let started = ContinuousClock.now
    private var shownAt: ContinuousClock.Instant?

    init(_ label: String) { self.label = label }

    /// Shows the state at most ten times a second, and not within the first half second.
    mutating func update(done: Int, of total: Int, packets: UInt64) {
        guard isShown else { return }
        let now = ContinuousClock.now
        guard now - started > .milliseconds(500), shownAt.map({ now - $0 > .milliseconds(100) }) ?? true else {
            return
        }
        shownAt = now
        let share = total == 0 ? 1 : Double(done) / Double(total)
        let elapsed = Double((now - started).components.seconds) + 0.001
        let filled = Int(share * 24)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
        let percent = Int(share * 100)
        let rate = UInt64(Double(packets) / max(elapsed, 1))
        StandardError.write("\r\u{1B}[K\(label) \(bar) \(percent) %  \(packets) packets  \(rate)/s")
    }

    /// Takes the line away.
    func clear() {
        if shownAt != nil { StandardError.write("\r\u{1B}[K") }
    }
}
