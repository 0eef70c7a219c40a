import Glibc

/// Captures the interfaces of one network namespace on a thread of its own, and follows those that come and go.
package final class LiveCapture: @unchecked Sendable {
    // SAFETY: `loop` is the thread's until it is joined; `thread` is only touched under `lock`.

    /// What to capture, and how.
    package struct Configuration: Sendable {
        /// The file of the network namespace, such as `/var/run/netns/x`; `nil` for the process's own.
        package var namespacePath: String?
        /// The bytes kept of each packet.
        package var snapLength: UInt32 = 192
        /// The memory of all rings together, as far as each still gets its least.
        package var ringBytes = 64 << 20
        /// Which interfaces are captured, asked about each one that is not yet captured every second.
        package var includes: @Sendable (NetworkInterface) -> Bool = { $0.isUp }

        /// Captures every interface that is up.
        package init() {}
    }

    private let loop: CaptureLoop
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var thread: pthread_t?

    /// Opens the interfaces and starts the thread.
    ///
    /// Throws when capturing is not permitted, the namespace cannot be entered, or there is no interface to capture.
    package static func start(
        _ configuration: Configuration,
        consumer: sending any CaptureConsumer
    ) throws(CaptureError) -> LiveCapture {
        let capture = LiveCapture(try CaptureLoop(configuration, consumer: consumer))
        try capture.startThread()
        return capture
    }

    private init(_ loop: CaptureLoop) {
        self.loop = loop
        pthread_mutex_init(lock, nil)
    }

    deinit {
        stop()
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    private func startThread() throws(CaptureError) {
        var thread = pthread_t()
        // The loop outlives its thread: this object keeps it, and joins the thread before it goes.
        let result = pthread_create(
            &thread,
            nil,
            { argument in
                if let argument { Unmanaged<CaptureLoop>.fromOpaque(argument).takeUnretainedValue().run() }
                return nil
            },
            Unmanaged.passUnretained(loop).toOpaque()
        )
        guard result == 0 else {
            throw CaptureError(.system, subject: "capture", action: "pthread_create", systemError: result)
        }
        self.thread = thread
        if let error = loop.waitUntilStarted() {
            stop()
            throw error
        }
    }

    /// Gives the consumer what has arrived until now, closes every interface and ends the thread; may be repeated.
    ///
    /// Takes about a tenth of a second. Must not be called by the consumer.
    package func stop() {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        guard let thread else { return }
        loop.requestStop()
        pthread_join(thread, nil)
        self.thread = nil
    }
}
