import FlowModel
import Glibc
import PacketCapture
import RecordFormats

/// Where the probe runs, as far as it was told.
struct ProbePlace: Sendable {
    /// The node's name; empty where unknown.
    var node: String
    /// The pod, where it is one.
    var pod: WireExporter.Pod?
    /// This machine's name, which is a pod's name in its own network namespace.
    var hostname: String

    /// What tells this exporter from others across its restarts.
    var exporterID: String {
        guard let pod else { return node.isEmpty ? hostname : node }
        return pod.uid.isEmpty ? pod.path : pod.uid
    }

    /// The observation point of an interface.
    func point(of interface: NetworkInterface) -> ObservationPoint {
        ObservationPoint(
            // Interfaces of different pods have the same names, and a point's name is to be its own.
            name: "\(pod?.path ?? (node.isEmpty ? hostname : node))/\(interface.name)",
            interface: interface.name,
            node: node.isEmpty ? nil : node,
            pod: pod?.path,
            addresses: interface.addresses
        )
    }

    /// The name that the kernel has for this machine.
    static var ownHostname: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
