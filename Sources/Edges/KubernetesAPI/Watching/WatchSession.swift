import ClusterModel
import FlowModel

/// What to do next about one kind of object: list it, watch it, wait, and what to tell of it.
///
/// A value without time, chance or I/O: each outcome goes in, actions come out, and the owner carries them out.
///
///     start ─► list ─ page with continue ─► list
///               │ last page: deliver .listed
///               ▼
///             watch ─ line ─► deliver, remember its version
///               │ end, break, silence ─► (wait) ─► watch from the last version
///               │ 410, or an end for which no version helps ─► list, deliver .gap and .listed
///     any refusal or failure ─► wait, then ask the same again
struct WatchSession: Sendable {
    /// What is being asked of the server, or will be once a wait is over.
    enum Request: Sendable, Equatable {
        /// A page of the list: the first, or the one that a token continues to; not limited, the whole list.
        case list(continuing: String?, limited: Bool)
        /// The watch from a resource version on.
        case watch(from: String)
    }

    /// What the owner is to do, in this order.
    enum Action: Sendable, Equatable {
        /// Hand these events on.
        case deliver([ClusterEvent])
        /// Get another credential than the one that was just refused.
        case renewCredential
        /// Wait any time up to this: a back-off with full jitter.
        case backOff(upTo: Duration)
        /// Wait at least this long, as the server asks or as is sensible.
        case pause(atLeast: Duration)
        /// Ask this; always the last action, and what is being read now is of no more use.
        case ask(Request)
    }

    /// How a watch's stream ended.
    enum StreamEnd: Sendable, Equatable {
        /// As the server meant it.
        case complete
        /// In the middle, or with something that is no watch event.
        case broken(String)
    }

    /// An answer other than 200.
    struct Refusal: Sendable, Equatable {
        var status: Int
        var message: String
        /// The server's Retry-After.
        var retryAfter: Duration?
    }

    typealias State = ClusterWatchStatus.KindState

    let kind: ObjectKind
    var state = State.listing
    /// How often something was wrong.
    var errors = 0
    /// How often a watch was opened again from where it had ended.
    var reconnects = 0
    /// How often history was lost and the list had to be read again.
    var gaps = 0
    /// How many objects could not be read.
    var undecodable = 0

    var request = Request.list(continuing: nil, limited: true)
    /// What the pages so far had.
    var listed: [ClusterObject] = []
    /// Where the watch has come to; empty before the first list.
    var version = ""
    /// Until when all changes are known.
    var knownUntil: Timestamp?
    /// Why the next list comes after a gap.
    var gapReason: String?
    /// Failures in a row.
    var attempts = 0
    /// Whether the credential was renewed and no request has succeeded since.
    var isRenewed = false
    /// Whether the open watch has brought a line.
    var hasLines = false
    /// Watches in a row that ended without a line.
    var emptyWatches = 0
    /// Lists in a row after which no watch has brought a line.
    var fruitlessLists = 0

    init(kind: ObjectKind) { self.kind = kind }
}

extension WatchSession {
    static let backoffBase = Duration.milliseconds(500)
    static let backoffMax = Duration.seconds(30)
    /// How rarely a kind that is left out is tried again.
    static let leftOutPause = Duration.seconds(300)
    static let retryAfterMax = Duration.seconds(300)
    /// After so many, the version itself is doubted: a restored server is silent to versions from its future.
    static let emptyWatchesMax = 3
    /// After so many refusals of a watch in a row, the version itself is doubted.
    static let refusedWatchesMax = 5
    /// A bound for what one list may hold; ten times the largest clusters.
    static let objectsMax = 2_000_000

    /// Waits longer after each failure in a row, then asks again.
    mutating func backOff(_ problem: String) -> [Action] {
        errors += 1
        state = .retrying(problem)
        return [.backOff(upTo: nextBackoff()), .ask(request)]
    }

    /// The ceiling of the wait after one more failure; lists that lead to nothing lengthen it too.
    mutating func nextBackoff() -> Duration {
        attempts += 1
        return min(Self.backoffMax, Self.backoffBase * (1 << min(attempts - 1 + 2 * fruitlessLists, 10)))
    }

    mutating func ask(_ next: Request) -> [Action] {
        request = next
        return [.ask(next)]
    }

    /// Forgets the version and reads the list again; what happened meanwhile is not known.
    mutating func startAgain(because reason: String) {
        if gapReason == nil, knownUntil != nil {
            gapReason = reason
            gaps += 1
        }
        listed = []
        version = ""
        emptyWatches = 0
        fruitlessLists = min(fruitlessLists + 1, 10)
        request = .list(continuing: nil, limited: true)
    }

    mutating func succeeded() {
        attempts = 0
        isRenewed = false
    }
}
