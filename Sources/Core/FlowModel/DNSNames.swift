/// The names of DNS types and response codes, as IANA registers them.
package enum DNSNames {
    /// The codes that have names, by number.
    private static let codes = [
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
        "NOTZONE", "DSOTYPENI",
    ]
    private static let types: [UInt16: String] = [
        1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 24: "SIG", 25: "KEY",
        28: "AAAA", 29: "LOC", 33: "SRV", 35: "NAPTR", 39: "DNAME", 41: "OPT", 43: "DS", 44: "SSHFP", 46: "RRSIG",
        47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 59: "CDS", 60: "CDNSKEY", 64: "SVCB",
        65: "HTTPS", 99: "SPF", 249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 255: "ANY", 256: "URI", 257: "CAA",
    ]

    /// Every response code that the header of a message has room for, by number.
    package static let headerCodes: [String] = (0...15).map { code(UInt8($0)) }

    /// A response code such as `NXDOMAIN`; `RCODE13` for one without a name.
    package static func code(_ code: UInt8) -> String {
        code < codes.count ? codes[Int(code)] : "RCODE\(code)"
    }

    /// A type such as `AAAA`; `TYPE4711` for one without a name here (RFC 3597, 5).
    package static func type(_ type: UInt16) -> String { types[type] ?? "TYPE\(type)" }
}
