import FlowModel
import FoundationEssentials

/// The clock, read at the edges only.
enum SystemClock {
    static var now: Timestamp {
        // A double holds today's time to about a quarter of a microsecond.
        Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e9))
    }
}
