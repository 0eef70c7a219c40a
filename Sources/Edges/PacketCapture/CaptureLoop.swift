import CLinux
import FlowModel
import Glibc

/// What the capture thread does.
final class CaptureLoop {
    private final class Point {
        let number: Int
        var interface: NetworkInterface
        var ring: CaptureRing
        /// When the last block of a point that takes no more packets has been handed over for sure.
        var closingTime: Int64?

        init(number: Int, interface: NetworkInterface, ring: consuming CaptureRing) {
            self.number = number
            self.interface = interface
            self.ring = ring
        }
    }

    private static let tickMilliseconds: Int32 = 100
    private static let countNanoseconds: Int64 = 1_000_000_000
    /// How often interfaces are listed without an announcement: where none can be had, and where they can.
    private static let listNanoseconds: (deaf: Int64, listening: Int64) = (1_000_000_000, 10_000_000_000)
    /// A listing for many announcements that come one after the other.
    private static let listPauseNanoseconds: Int64 = 50_000_000
    /// A block opened just before is handed over when its time is up; timers are late now and then.
    private static let lastBlockNanoseconds = 2 * Int64(CaptureRing.retireMilliseconds) * 1_000_000

    private let configuration: LiveCapture.Configuration
    private let consumer: any CaptureConsumer
    /// How many rings divide each interface, and what joins them; `nil` for one.
    private let shares: (count: Int, group: RingShares)?
    private let stopEvent: OwnedDescriptor
    private let started: UnsafeMutablePointer<sem_t>
    /// Written before `started` is posted, read after.
    private var startError: CaptureError?

    private var points: [Point] = []
    private var pollRequests: [pollfd] = []
    private var nextNumber = 0
    private var toldFailures: Set<Int32> = []
    private var filters = CaptureFilters()
    private var announcements: LinkAnnouncements?
    private var wasAnnounced = false
    private var lastListed: Int64 = 0

    init(
        _ configuration: LiveCapture.Configuration,
        consumer: any CaptureConsumer,
        shares: (count: Int, group: RingShares)?
    ) throws(CaptureError) {
        self.configuration = configuration
        self.shares = shares
        self.consumer = consumer
        let event = eventfd(0, Int32(EFD_CLOEXEC))
        guard event >= 0 else { throw CaptureError.last("eventfd", on: "capture") }
        stopEvent = OwnedDescriptor(event)
        started = .allocate(capacity: 1)
        sem_init(started, 0, 0)
    }

    deinit {
        sem_destroy(started)
        started.deallocate()
    }

    /// Called by the thread that started this one.
    func waitUntilStarted() -> CaptureError? {
        while sem_wait(started) != 0 {}
        return startError
    }

    /// May be called by any thread.
    func requestStop() { eventfd_write(stopEvent.number, 1) }

    /// The body of the thread.
    func run() {
        blockSignals()
        do throws(CaptureError) {
            try enterNamespace()
            announcements = LinkAnnouncements()
            try openFirst()
        } catch {
            startError = error
            points = []
        }
        sem_post(started)
        guard startError == nil else { return }
        var lastCounted = lastListed
        while !waitAndDrain(milliseconds: Self.tickMilliseconds) {
            let time = clockNanoseconds(CLOCK_MONOTONIC)
            if isListingDue(at: time) { followInterfaces() }
            closeLeaving(at: time)
            let now = Timestamp.now
            if time - lastCounted >= Self.countNanoseconds {
                lastCounted = time
                for point in points { count(point, at: now) }
            }
            consumer.captureTicked(at: now)
        }
        finish()
    }

    private func isListingDue(at time: Int64) -> Bool {
        let age = time - lastListed
        let limit = announcements == nil ? Self.listNanoseconds.deaf : Self.listNanoseconds.listening
        return age >= limit || (wasAnnounced && age >= Self.listPauseNanoseconds)
    }

    /// Waits for packets and gives them to the consumer; true when the thread is to stop.
    private func waitAndDrain(milliseconds: Int32) -> Bool {
        guard poll(&pollRequests, nfds_t(pollRequests.count), milliseconds) > 0 else { return false }
        for (index, point) in points.enumerated() {
            let events = Int32(pollRequests[index].revents)
            if events & POLLERR != 0 { point.ring.clearError() }
            if events & POLLIN != 0 { consumer.captured(&point.ring, point: point.number) }
        }
        if pollRequests[points.count + 1].revents != 0 {
            announcements?.take()
            wasAnnounced = true
        }
        return pollRequests[points.count].revents != 0
    }

    /// Gives what is still in the rings, blocks that are not yet full included, and closes them.
    private func finish() {
        // Else it would go on waking the thread up.
        var requests: eventfd_t = 0
        eventfd_read(stopEvent.number, &requests)
        leave(points)
        while !points.isEmpty {
            _ = waitAndDrain(milliseconds: CaptureRing.retireMilliseconds / 5)
            closeLeaving(at: clockNanoseconds(CLOCK_MONOTONIC))
        }
        consumer.captureTicked(at: .now)
    }

    /// Lets points take no more packets, and be closed when they have given their last.
    private func leave(_ leaving: [Point]) {
        let time = clockNanoseconds(CLOCK_MONOTONIC)
        for point in leaving where point.closingTime == nil {
            point.ring.takeNoMore()
            point.closingTime = time + Self.lastBlockNanoseconds
        }
    }

    private func closeLeaving(at time: Int64) {
        let over = points.filter { point in point.closingTime.map { $0 <= time } ?? false }
        guard !over.isEmpty else { return }
        points.removeAll { point in over.contains { $0 === point } }
        for point in over { close(point) }
        rebuildPollRequests()
    }

    private func openFirst() throws(CaptureError) {
        let interfaces = try list()
        filters = CaptureFilters(configuration, interfaces)
        let wanted = interfaces.filter(configuration.includes)
        // A bad expression is one for every interface; none is opened before it is known to be good.
        for interface in wanted { _ = try filters.filter(for: interface) }
        for interface in wanted {
            do throws(CaptureError) {
                try open(interface, among: wanted.count)
            } catch {
                if case .notPermitted = error.code { throw error }
                tell(error, of: interface)
            }
        }
        guard !points.isEmpty else {
            let names = interfaces.map(\.name).joined(separator: ", ")
            throw CaptureError(.nothingToCapture, subject: "there are \(names)", action: "list")
        }
        rebuildPollRequests()
    }

    private func list() throws(CaptureError) -> [NetworkInterface] {
        lastListed = clockNanoseconds(CLOCK_MONOTONIC)
        wasAnnounced = false
        return try NetworkInterface.list()
    }

    private func followInterfaces() {
        // A failed listing changes nothing; the next one will do.
        guard let interfaces = try? list() else { return }
        var newcomers: [NetworkInterface] = []
        var vanished = points
        for interface in interfaces {
            if let known = points.first(where: { $0.closingTime == nil && $0.interface.isSame(as: interface) }) {
                vanished.removeAll { $0 === known }
                guard known.interface != interface else { continue }
                known.interface = interface
                consumer.captureChanged(interface, point: known.number)
            } else if configuration.includes(interface) {
                newcomers.append(interface)
            }
        }
        toldFailures.formIntersection(interfaces.map(\.index))
        leave(vanished)
        for interface in newcomers {
            do throws(CaptureError) {
                try open(interface, among: points.count + newcomers.count)
                toldFailures.remove(interface.index)
            } catch {
                tell(error, of: interface)
            }
        }
        rebuildPollRequests()
    }

    private func open(_ interface: NetworkInterface, among count: Int) throws(CaptureError) {
        let rings = max(1, count) * (shares?.count ?? 1)
        let ring = try CaptureRing(
            interface,
            size: CaptureRing.Size(fitting: configuration.ringBytes / rings),
            filter: try filters.filter(for: interface),
            sharing: shares?.group
        )
        let point = Point(number: nextNumber, interface: interface, ring: ring)
        nextNumber += 1
        points.append(point)
        consumer.captureOpened(interface, point: point.number)
    }

    private func close(_ point: Point) {
        // Once per round of the ring the consumer stops; so much may be in it.
        for _ in 0..<2 { consumer.captured(&point.ring, point: point.number) }
        count(point, at: .now)
        consumer.captureClosed(point: point.number)
    }

    private func count(_ point: Point, at now: Timestamp) {
        consumer.captureCounted(point.ring.statistics(at: now), point: point.number)
    }

    private func tell(_ error: CaptureError, of interface: NetworkInterface) {
        guard toldFailures.insert(interface.index).inserted else { return }
        consumer.captureFailed(interface, error: error)
    }

    private func rebuildPollRequests() {
        pollRequests = points.map { pollfd(fd: $0.ring.pollDescriptor, events: Int16(POLLIN), revents: 0) }
        for descriptor in [stopEvent.number, announcements?.pollDescriptor ?? -1] {
            pollRequests.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
    }

    private func enterNamespace() throws(CaptureError) {
        guard let path = configuration.namespacePath else { return }
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CaptureError.last("open", on: path) }
        let namespace = OwnedDescriptor(file)
        // Only this thread moves; it is never shared.
        guard clinux_enter_network_namespace(namespace.number) == 0 else {
            guard errno == EPERM else { throw CaptureError.last("setns", on: path) }
            throw CaptureError(
                .notPermitted(capability: "CAP_SYS_ADMIN"),
                subject: path,
                action: "setns",
                systemError: EPERM
            )
        }
    }

    /// Signals are for the process's other threads.
    private func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
    }
}
