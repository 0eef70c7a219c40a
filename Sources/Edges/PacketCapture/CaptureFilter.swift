import CLinux
import Glibc
import NetworkAddressing
import PacketParsing

/// What the kernel does with each packet before it is captured: a program of classic BPF for one link type.
package struct CaptureFilter: Sendable {
    /// The longest program that the kernel takes, in instructions.
    static let instructionsMax = 4096

    /// Lets no packet through.
    static let nothing = CaptureFilter([sock_filter(BPF_RET | BPF_K)])

    let instructions: [sock_filter]

    /// Keeps at most `snapLength` bytes of each packet, at least one, and none of TCP with an `excluded` endpoint.
    package init(snapLength: UInt32, excluding excluded: [Endpoint] = [], linkType: LinkType = .ethernet) {
        self.init(
            CaptureFilter.exclusion(of: excluded, linkType)
                + [sock_filter(BPF_RET | BPF_K, max(1, snapLength))]
        )
    }

    /// The same for the packets alone that a filter expression in the language of tcpdump matches.
    ///
    /// `interface` names an Ethernet interface that is up, in the calling thread's namespace: with one, `vlan` finds
    /// the tags that the kernel has taken off. Needs libpcap; the error says so, or what it holds against the
    /// expression.
    package init(
        matching expression: String,
        snapLength: UInt32,
        excluding excluded: [Endpoint] = [],
        linkType: LinkType = .ethernet,
        interface: String? = nil
    ) throws(CaptureError) {
        let program = try CaptureFilter.compile(expression, linkType, interface)
        self.init(
            CaptureFilter.exclusion(of: excluded, linkType)
                + program.map { CaptureFilter.limit($0, to: max(1, snapLength)) }
        )
        guard instructions.count <= CaptureFilter.instructionsMax else {
            throw CaptureError(
                .badFilter(reason: "\(instructions.count) instructions, more than the kernel takes"),
                subject: expression,
                action: "compile"
            )
        }
    }

    fileprivate init(
        _ configuration: LiveCapture.Configuration,
        _ linkType: LinkType,
        interface: String?
    ) throws(CaptureError) {
        let (snapLength, excluded) = (configuration.snapLength, configuration.excluded)
        if let expression = configuration.filter {
            try self.init(
                matching: expression,
                snapLength: snapLength,
                excluding: excluded,
                linkType: linkType,
                interface: interface
            )
        } else {
            self.init(snapLength: snapLength, excluding: excluded, linkType: linkType)
        }
    }

    private init(_ instructions: [sock_filter]) {
        self.instructions = instructions
    }

    /// Makes an instruction that accepts a packet keep so many bytes of it.
    private static func limit(_ instruction: sock_filter, to snapLength: UInt32) -> sock_filter {
        let isAcceptance = Int32(instruction.code) == BPF_RET | BPF_K && instruction.k != 0
        return isAcceptance ? sock_filter(BPF_RET | BPF_K, snapLength) : instruction
    }

    private static func compile(
        _ expression: String,
        _ linkType: LinkType,
        _ interface: String?
    ) throws(CaptureError) -> [sock_filter] {
        // libpcap would read on to the end of the C string.
        guard !expression.utf8.contains(0) else {
            throw CaptureError(.badFilter(reason: "it contains a zero byte"), subject: expression, action: "compile")
        }
        // What libpcap calls raw IP differs from its number in files.
        let number: Int32 = linkType == .ethernet ? 1 : 12
        var message = [CChar](repeating: 0, count: 512)
        var instructions = [sock_filter](repeating: sock_filter(), count: instructionsMax)
        let count = clinux_compile_filter(
            expression,
            interface,
            number,
            &instructions,
            Int32(instructionsMax),
            &message,
            message.count
        )
        guard count >= 0 else {
            let reason = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let code: CaptureError.Code =
                Int(count) == Int(clinux_no_library) ? .noFilterLibrary(reason: reason) : .badFilter(reason: reason)
            throw CaptureError(code, subject: expression, action: "compile")
        }
        return Array(instructions.prefix(Int(count)))
    }
}

/// The filters of one capture: one for each link type, made before the first interface is opened.
///
/// Rights that making them takes may be given up afterwards.
struct CaptureFilters {
    private var results: [LinkType: Result<CaptureFilter, CaptureError>] = [:]

    /// No filters.
    init() {}

    init(_ configuration: LiveCapture.Configuration, _ interfaces: [NetworkInterface]) {
        let ethernet = interfaces.first { $0.isUp && $0.linkType == .ethernet }
        for linkType in [LinkType.ethernet, .raw] {
            results[linkType] = Result { () throws(CaptureError) in
                try CaptureFilter(configuration, linkType, interface: ethernet?.name)
            }
        }
    }

    func filter(for interface: NetworkInterface) throws(CaptureError) -> CaptureFilter {
        guard let result = results[interface.linkType] else {
            throw CaptureError(.system, subject: interface.name, action: "filter", systemError: EINVAL)
        }
        return try result.get()
    }
}

extension OwnedDescriptor {
    /// Filters what the socket receives from now on.
    func attach(_ filter: CaptureFilter, on interface: NetworkInterface) throws(CaptureError) {
        guard tryAttach(filter) else { throw CaptureError.last("SO_ATTACH_FILTER", on: interface.name) }
    }

    func tryAttach(_ filter: CaptureFilter) -> Bool {
        var instructions = filter.instructions
        return instructions.withUnsafeMutableBufferPointer { buffer in
            var program = sock_fprog(len: UInt16(truncatingIfNeeded: buffer.count), filter: buffer.baseAddress)
            let length = socklen_t(MemoryLayout<sock_fprog>.size)
            return setsockopt(number, SOL_SOCKET, SO_ATTACH_FILTER, &program, length) == 0
        }
    }
}
