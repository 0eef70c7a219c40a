import ClusterModel
import FlowModel

/// How the watch of a cluster is doing, at one moment.
package struct ClusterWatchStatus: Sendable, Equatable {
    /// How one kind of object is doing.
    package enum KindState: Sendable, Equatable {
        /// Its list is being read.
        case listing
        /// Its changes arrive.
        case watching
        /// Something is wrong, said here, and is tried again soon.
        case retrying(String)
        /// We may not see it, or the server has no such kind, as said here; it is tried again every few minutes.
        case leftOut(String)
    }

    /// What is watched, such as `kubeconfig minikube (https://192.168.49.2:8443)`.
    package var source: String
    /// Each kind that is wanted.
    package var kinds: [ObjectKind: KindState]
    /// When the last list, change or bookmark arrived; `nil` before the first.
    package var lastEvent: Timestamp?
    /// Until when each kind is known to have been followed without a gap.
    package var followed: [ObjectKind: Timestamp] = [:]
    /// How often something was wrong.
    package var errors = 0
    /// How often a watch was opened again without loss.
    package var reconnects = 0
    /// How often history was lost and a kind had to be listed again.
    package var gaps = 0
    /// How many objects could not be read and were passed over.
    package var undecodable = 0
    /// What keeps everything from starting, such as a credential command that fails.
    package var problem: String?

    /// Whether changes of at least one kind arrive.
    package var isConnected: Bool { kinds.values.contains(.watching) }

    /// Whether the first list of some kind is still to come.
    package var isListing: Bool { problem == nil && kinds.values.contains(.listing) }

    /// One line for people: what works, and what does not and why.
    package var message: String {
        if let problem { return "\(source): \(problem)" }
        let watching = kinds.values.count { $0 == .watching }
        var parts: [String] = []
        for (reason, names) in reasons { parts.append("\(names.joined(separator: ", ")): \(reason)") }
        if parts.isEmpty, watching < kinds.count { parts.append("reading lists") }
        let head = "watching \(watching) of \(kinds.count) kinds of \(source)"
        return parts.isEmpty ? head : head + "; " + parts.joined(separator: "; ")
    }

    /// Each problem with the kinds that have it, so that one cause is said once.
    private var reasons: [(String, [String])] {
        var names: [String: [String]] = [:]
        for (kind, state) in kinds {
            switch state {
            case .listing, .watching: continue
            case .retrying(let reason), .leftOut(let reason): names[reason, default: []].append(kind.rawValue)
            }
        }
        return names.map { ($0.key, $0.value.sorted()) }.sorted { $0.0 < $1.0 }
    }
}
