import FlowModel
import NetworkAddressing
import PacketParsing

/// A tunnel's number from 1, 0 for none; the highest bit tells that a packet's inner and outer direction differ.
typealias TunnelNumber = UInt32

/// Gives numbers to the tunnels that packets come in, the same from either end; of bounded size.
struct TunnelTable {
    static let turnedBit: TunnelNumber = 1 << 31
    private static let sizeMax = 1 << 16

    /// A tunnel by its outer ends, and by the tunnel that it lies in.
    private struct Key: Hashable {
        var lower: IPAddress
        var upper: IPAddress
        var identifier: UInt32
        var kind: TunnelKind
        var parent: TunnelNumber
    }

    private var numbers: [Key: TunnelNumber] = [:]
    private var keys: [Key] = []
    private var lastKey: Key?
    private var lastNumber: TunnelNumber = 0

    /// The number of the tunnel from `source` to `destination`, with the highest bit where `source` sorts last;
    /// 0 where there is no room for more tunnels.
    mutating func number(
        kind: TunnelKind,
        identifier: UInt32,
        source: IPAddress,
        destination: IPAddress,
        parent: TunnelNumber
    ) -> TunnelNumber {
        let isTurned = destination < source
        let key = Key(
            lower: isTurned ? destination : source,
            upper: isTurned ? source : destination,
            // Each end of a GTP tunnel has its own number.
            identifier: kind == .gtpu ? 0 : identifier,
            kind: kind,
            parent: parent & ~TunnelTable.turnedBit
        )
        let turned = isTurned ? TunnelTable.turnedBit : 0
        if key == lastKey { return lastNumber | turned }
        if let known = numbers[key] {
            lastNumber = known
        } else {
            guard keys.count < TunnelTable.sizeMax else { return 0 }
            keys.append(key)
            lastNumber = TunnelNumber(keys.count)
            numbers[key] = lastNumber
        }
        lastKey = key
        return lastNumber | turned
    }

    /// The tunnel of a flow: `number` as its packets from the flow's lower end carry it.
    func tunnel(_ number: TunnelNumber, isLowerSource: Bool) -> Tunnel? {
        let position = Int(number & ~TunnelTable.turnedBit)
        guard position > 0, position <= keys.count else { return nil }
        let key = keys[position - 1]
        let tunnel = Tunnel(kind: key.kind, source: key.lower, destination: key.upper, identifier: key.identifier)
        let isLowerFirst = number & TunnelTable.turnedBit == 0
        return isLowerFirst == isLowerSource ? tunnel : tunnel.turned
    }
}
