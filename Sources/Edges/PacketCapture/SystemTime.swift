import FlowModel
import Glibc

extension Timestamp {
    /// The system's clock.
    static var now: Timestamp { Timestamp(nanoseconds: clockNanoseconds(CLOCK_REALTIME)) }
}

/// What a clock shows.
func clockNanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
