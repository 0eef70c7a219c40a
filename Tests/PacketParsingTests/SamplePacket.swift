/// A UDP packet from port 4000 to 5000 without payload, to be put behind headers.
enum SamplePacket {
    static let udp: [UInt8] = [0x0f, 0xa0, 0x13, 0x88, 0, 8, 0, 0]
    static let ipv4: [UInt8] = [UInt8](groups: "4500001c 000100004011 0000 0a000001 0a000002") + udp
    static let ipv6: [UInt8] = [UInt8](groups: "60000000 00081140 2001 00*13 01 2001 00*13 02") + udp
}

extension [UInt8] {
    /// Bytes in hexadecimal, in groups; `00*4` are four bytes 0.
    init(groups text: String) {
        self = text.split(separator: " ").flatMap { group -> [UInt8] in
            let parts = group.split(separator: "*")
            let digits = Array<Character>(parts[0])
            let bytes = stride(from: 0, to: digits.count - 1, by: 2)
                .compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
            let count = parts.count > 1 ? Int(parts[1]) ?? 0 : 1
            return Array(repeatElement(bytes, count: count).joined())
        }
    }
}
