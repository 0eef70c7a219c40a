import FlowModel

/// What receives live packets; every call comes from one thread, its own, none after `stop()` has returned.
///
/// A point is a number for an interface while it is captured: 0, 1, 2 …, never used again within one capture.
package protocol CaptureConsumer: AnyObject {
    /// Capture on an interface begins.
    func captureOpened(_ interface: NetworkInterface, point: Int)
    /// Something about a captured interface changed, such as its addresses.
    func captureChanged(_ interface: NetworkInterface, point: Int)
    /// An interface could not be captured; it is tried again whenever they are listed, and told once.
    func captureFailed(_ interface: NetworkInterface, error: CaptureError)
    /// There are packets: while `ring.nextBlock()` is true, call `ring.next()` until it is `nil`.
    ///
    /// Whatever is kept of a packet's bytes must be done with, or copied, before the next call of `nextBlock()`.
    func captured(_ ring: inout CaptureRing, point: Int)
    /// What the kernel has counted at a point since it was opened; about every second, and last before it is closed.
    func captureCounted(_ statistics: CaptureStatistics, point: Int)
    /// The interface is gone, or capture ends; all of the point's packets have been given before.
    func captureClosed(point: Int)
    /// Comes after each wake-up, at least ten times a second.
    ///
    /// Packets may still follow that are older than `now` by `CaptureRing.retireMilliseconds` and a little more.
    func captureTicked(at now: Timestamp)
}
