import FlowModel
import NetworkAddressing

/// Times and IPv4 addresses of the packets that one interface sent or that were sent to it, from a classic pcap
/// file of Ethernet frames.
///
/// A bridge also floods frames for others to every port; the interface's own MAC is the most frequent one.
struct CapturedAddresses {
    let time: Timestamp
    let source: IPAddress
    let destination: IPAddress
    private let links: [ArraySlice<UInt8>]

    static func read(_ bytes: [UInt8]) -> [CapturedAddresses] {
        func word(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
        }
        func address(_ offset: Int) -> IPAddress {
            IPAddress(v4: (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[offset + $1]) })
        }
        guard bytes.count >= 24 else { return [] }
        let unit: Int64 = word(0) == 0xa1b2_3c4d ? 1 : 1000
        var packets: [CapturedAddresses] = []
        var offset = 24
        while offset + 16 <= bytes.count {
            let length = Int(word(offset + 8))
            let frame = offset + 16
            guard frame + length <= bytes.count else { break }
            if length >= 34, bytes[frame + 12] == 8, bytes[frame + 13] == 0 {
                packets.append(
                    CapturedAddresses(
                        time: Timestamp(seconds: Int64(word(offset)), nanoseconds: Int64(word(offset + 4)) * unit),
                        source: address(frame + 26),
                        destination: address(frame + 30),
                        links: [bytes[frame..<frame + 6], bytes[frame + 6..<frame + 12]]
                    )
                )
            }
            offset = frame + length
        }
        var counts: [ArraySlice<UInt8>: Int] = [:]
        for link in packets.flatMap(\.links) { counts[link, default: 0] += 1 }
        guard let own = counts.max(by: { $0.value < $1.value })?.key else { return [] }
        return packets.filter { $0.links.contains(own) }
    }
}
