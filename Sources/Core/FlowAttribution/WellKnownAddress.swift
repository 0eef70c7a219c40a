import NetworkAddressing

/// Blocks of addresses whose meaning is fixed by a standard, whoever has them.
package enum WellKnownAddress {
    private static let blocks: [(prefix: IPPrefix, name: String)] = [
        ("127.0.0.0/8", "loopback"),
        ("::1/128", "loopback"),
        ("169.254.169.254/32", "cloud metadata service"),
        ("fd00:ec2::254/128", "cloud metadata service"),
        ("169.254.0.0/16", "link-local"),
        ("fe80::/10", "link-local"),
        ("224.0.0.0/4", "multicast"),
        ("ff00::/8", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("0.0.0.0/32", "unspecified"),
        ("::/128", "unspecified"),
    ].compactMap { text, name in IPPrefix(text).map { ($0, name) } }

    /// What the standards call the block the address is in; `nil` for ordinary addresses.
    package static func name(of address: IPAddress) -> String? {
        blocks.first { $0.prefix.contains(address) }?.name
    }
}
