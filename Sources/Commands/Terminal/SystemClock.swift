import FlowModel
import Glibc

/// The clock, read at the edges only.
package enum SystemClock {
    /// The moment it is, to the nanosecond.
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
    }
}
