import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing

/// Numbers nodes, pods and observation points, so that flows are grouped by numbers and not by text.
struct EndNumbering {
    /// An observation point by what tells it from others, in the order in which witnesses are preferred.
    struct Point: Hashable, Comparable {
        let name: String
        let node: String
        let interface: String

        static func < (left: Point, right: Point) -> Bool {
            (left.name, left.node, left.interface) < (right.name, right.node, right.interface)
        }
    }

    /// The numbers of one end of a flow.
    struct End {
        let node: Int
        /// 0 for what is no pod.
        let pod: Int
    }

    private struct KnownIdentity: Hashable {
        let object: ObjectIdentifier
        let service: ServiceName?
    }

    /// How many objects are remembered; each block that is read brings its own.
    private static let knownMax = 16384

    let scope: GraphScope
    /// The nodes by their numbers.
    private(set) var names: [GraphNode.Name] = []
    /// The observation points by their numbers.
    private(set) var points: [Point] = []
    private var nameNumbers: [GraphNode.Name: Int] = [:]
    private var podNumbers: [String: Int] = [:]
    private var pointNumbers: [Point: Int] = [:]
    // Each keeps its object alive, so that no other can come to stand in its place.
    private var knownIdentities: [KnownIdentity: (identity: Identity, end: End)] = [:]
    private var knownPoints: [ObjectIdentifier: (point: ObservationPoint, number: Int)] = [:]

    init(scope: GraphScope) { self.scope = scope }

    mutating func number(of end: AttributedEnd) -> End {
        guard let identity = end.identity else {
            return End(node: number(of: GraphNode.Name(end, scope: scope)), pod: 0)
        }
        // Only in a graph of services does the service that was called decide about the node.
        let known = KnownIdentity(
            object: ObjectIdentifier(identity),
            service: scope == .service ? end.service : nil
        )
        if let found = knownIdentities[known] { return found.end }
        let numbers = End(
            node: number(of: GraphNode.Name(end, scope: scope)),
            pod: identity.kind == .pod ? podNumber(of: identity) : 0
        )
        if knownIdentities.count >= EndNumbering.knownMax { knownIdentities.removeAll(keepingCapacity: true) }
        knownIdentities[known] = (identity, numbers)
        return numbers
    }

    mutating func number(of point: ObservationPoint) -> Int {
        if let found = knownPoints[ObjectIdentifier(point)] { return found.number }
        let value = Point(name: point.name, node: point.node ?? "", interface: point.interface ?? "")
        let number = pointNumbers[value] ?? points.count
        if number == points.count {
            points.append(value)
            pointNumbers[value] = number
        }
        if knownPoints.count >= EndNumbering.knownMax { knownPoints.removeAll(keepingCapacity: true) }
        knownPoints[ObjectIdentifier(point)] = (point, number)
        return number
    }

    private mutating func number(of name: GraphNode.Name) -> Int {
        if let number = nameNumbers[name] { return number }
        nameNumbers[name] = names.count
        names.append(name)
        return names.count - 1
    }

    private mutating func podNumber(of identity: Identity) -> Int {
        let text = identity.uid.isEmpty ? "\(identity.namespace)/\(identity.name)" : identity.uid
        if let number = podNumbers[text] { return number }
        podNumbers[text] = podNumbers.count + 1
        return podNumbers.count
    }
}
