/// What one node of a flow graph stands for.
package enum GraphScope: String, Sendable, Hashable, CaseIterable {
    case workload
    case namespace
    case pod
    case service
    case node
}
