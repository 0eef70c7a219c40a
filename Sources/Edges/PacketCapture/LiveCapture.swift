import Glibc
import NetworkAddressing

/// Captures the interfaces of one network namespace on threads of its own, and follows those that come and go.
package final class LiveCapture: @unchecked Sendable {
    // SAFETY: each of `loops` is its thread's until that is joined; `threads` is only touched under `lock`.

    /// What to capture, and how.
    package struct Configuration: Sendable {
        /// The file of the network namespace, such as `/var/run/netns/x`; `nil` for the process's own.
        package var namespacePath: String?
        /// The bytes kept of each packet, at least one.
        package var snapLength: UInt32 = 192
        /// The memory of the rings that are opened together, as far as each still gets its least of 256 KiB.
        package var ringBytes = 8 << 20
        /// The packets to capture, in the language of tcpdump, which needs libpcap; `nil` for all.
        package var filter: String?
        /// TCP endpoints, such as where flows are reported to, whose traffic is not captured.
        package var excluded: [Endpoint] = []
        /// Which interfaces are captured, asked about each one that is not yet captured whenever they are listed.
        ///
        /// That is when the kernel tells of a change, and every ten seconds.
        package var includes: @Sendable (NetworkInterface) -> Bool = { $0.isUp }

        /// Captures every interface that is up.
        package init() {}
    }

    private let loops: [CaptureLoop]
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var threads: [pthread_t] = []

    /// Opens the interfaces and starts the thread.
    ///
    /// Throws when capturing is not permitted, the namespace cannot be entered, the filter cannot be used, or there is
    /// no interface to capture.
    package static func start(
        _ configuration: Configuration,
        consumer: sending any CaptureConsumer
    ) throws(CaptureError) -> LiveCapture {
        try start(configuration, consumers: [consumer])
    }

    /// The same with a thread for each consumer; the kernel gives each its share of every interface's flows.
    ///
    /// All packets of a flow, both ways, go to one consumer. Each is told of every interface and has its own numbers
    /// of points; what the kernel counts for them adds up.
    package static func start(
        _ configuration: Configuration,
        consumers: sending [any CaptureConsumer]
    ) throws(CaptureError) -> LiveCapture {
        let shares = consumers.count > 1 ? (count: consumers.count, group: RingShares()) : nil
        var loops: [CaptureLoop] = []
        for consumer in consumers {
            loops.append(try CaptureLoop(configuration, consumer: consumer, shares: shares))
        }
        let capture = LiveCapture(loops)
        try capture.startThreads()
        return capture
    }

    private init(_ loops: [CaptureLoop]) {
        self.loops = loops
        pthread_mutex_init(lock, nil)
    }

    deinit {
        stop()
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    private func startThreads() throws(CaptureError) {
        do throws(CaptureError) {
            for loop in loops {
                threads.append(try LiveCapture.startThread(loop))
                if let error = loop.waitUntilStarted() { throw error }
            }
        } catch {
            stop()
            throw error
        }
    }

    private static func startThread(_ loop: CaptureLoop) throws(CaptureError) -> pthread_t {
        var thread = pthread_t()
        // The loop outlives its thread: the capture keeps it, and joins the thread before it goes.
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
        return thread
    }

    /// Gives the consumers what has arrived until now, closes every interface and ends the threads; may be repeated.
    ///
    /// Takes about a tenth of a second. Must not be called by a consumer.
    package func stop() {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        // Those whose threads never began are not waited for.
        for loop in loops { loop.requestStop() }
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }
}
