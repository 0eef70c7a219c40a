import FlowModel
import NetworkAddressing

extension FlowMeter {
    /// The source of a flow as far as its key and the sender of its first packet tell: 0 the lower end, 1 the upper.
    func direction(of key: FlowKey, sender: UInt64) -> (UInt8, DirectionEvidence) {
        switch configuration.direction {
        case .evidence: FlowMeter.direction(byEvidence: key, sender)
        case .ports: (FlowMeter.direction(byPorts: key, sender), .portRule)
        }
    }

    private static func direction(byEvidence key: FlowKey, _ sender: UInt64) -> (UInt8, DirectionEvidence) {
        let lowerPort = UInt16(truncatingIfNeeded: key.tail)
        let upperPort = UInt16(truncatingIfNeeded: key.tail >> 16)
        let transport = key.transport
        if transport.hasPorts {
            // 32768 is where Linux's ephemeral range starts.
            let isLowerEphemeral = lowerPort >= 32768
            if isLowerEphemeral != (upperPort >= 32768) { return (isLowerEphemeral ? 0 : 1, .ephemeralPort) }
        } else if transport.isICMP {
            let lowerType = UInt8(truncatingIfNeeded: lowerPort)
            let hasPair = CommunityIDPorts.counterpart(of: lowerType, transport: transport) != nil
            if hasPair {
                return (CommunityIDPorts.isRequest(lowerType, transport: transport) ? 0 : 1, .icmpType)
            }
        }
        return (UInt8(truncatingIfNeeded: sender), .firstPacket)
    }

    /// The rule of the Insight thesis, as its code has it: also where a solicitation is taken for the answer.
    private static func direction(byPorts key: FlowKey, _ sender: UInt64) -> UInt8 {
        let lowerPort = UInt16(truncatingIfNeeded: key.tail)
        let upperPort = UInt16(truncatingIfNeeded: key.tail >> 16)
        switch key.transport {
        case .tcp, .udp:
            if lowerPort != upperPort { return lowerPort > upperPort ? 0 : 1 }
        case .icmp:
            if [8, 13, 15, 9, 17].contains(lowerPort) { return 0 }
            if [0, 14, 16, 10, 18].contains(lowerPort) { return 1 }
        case .icmpv6:
            if [128, 134, 136, 130].contains(lowerPort) { return 0 }
            if [129, 133, 135, 131].contains(lowerPort) { return 1 }
        default: break
        }
        return UInt8(truncatingIfNeeded: sender)
    }
}
