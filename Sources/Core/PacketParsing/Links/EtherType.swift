/// EtherTypes that lead to IP, from IEEE's list and from vendors.
enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let ipv6: UInt16 = 0x86dd
    static let arp: UInt16 = 0x0806
    static let trill: UInt16 = 0x22f3
    /// A whole Ethernet frame.
    static let bridging: UInt16 = 0x6558
    static let ppp: UInt16 = 0x880b
    static let mpls: UInt16 = 0x8847
    static let mplsUpstream: UInt16 = 0x8848
    static let pppoe: UInt16 = 0x8864
    static let macsec: UInt16 = 0x88e5
    static let fabricPath: UInt16 = 0x8903
    static let nsh: UInt16 = 0x894f
    static let arista: UInt16 = 0xd28b
    /// What stands for IEEE 802.2 LLC among EtherTypes: any length of an IEEE 802.3 frame.
    static let llc: UInt16 = 0

    /// The bytes from behind the EtherType of a tag to behind the EtherType that follows it; 0 for what is no tag.
    static func tagLength(_ type: UInt16) -> Int {
        switch type {
        case 0x8100, 0x88a8, 0x9100, 0x9200: 4  // VLAN
        case 0x8926: 6  // VN-Tag
        case 0x892f: 6  // HSR (IEC 62439-3)
        case 0xf1c1: 6  // R-Tag (IEEE 802.1CB)
        case 0x893f: 8  // E-Tag (IEEE 802.1BR)
        case 0x8909: 8  // Cisco MetaData
        case 0x88e7: 18  // I-Tag and the customer's addresses (IEEE 802.1ah)
        default: 0
        }
    }
}
