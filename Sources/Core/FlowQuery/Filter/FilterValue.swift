import NetworkAddressing

/// One of the values a term compares with.
enum FilterValue: Sendable, Hashable {
    case text(TextPattern)
    /// An address, a CIDR block, or a range; both bounds belong to it.
    case addresses(ClosedRange<IPAddress>)
    /// A number or a range of them, in packets, bytes, nanoseconds or ports.
    case numbers(ClosedRange<UInt64>)
    case transport(TransportProtocol)

    func matches(_ text: String) -> Bool {
        if case .text(let pattern) = self { return pattern.matches(text) }
        return false
    }

    func matches(_ number: UInt64) -> Bool {
        if case .numbers(let range) = self { return range.contains(number) }
        return false
    }

    func matches(_ address: IPAddress) -> Bool {
        // Bounds are of one family, and the order puts families one after the other.
        if case .addresses(let range) = self { return range.contains(address) }
        return false
    }
}

/// Why a value's text is not one of its kind.
struct FilterValueError: Error {
    let message: String
    var suggestion: String?
}

extension FilterValue {
    /// Reads a value of a kind.
    init(_ text: String, kind: FilterValueKind, ignoresCase: Bool) throws(FilterValueError) {
        switch kind {
        case .text: self = .text(TextPattern(text, ignoresCase: ignoresCase))
        case .word(let known): self = .text(try FilterValue.word(text, known))
        case .address: self = .addresses(try FilterValue.addresses(text))
        case .port: self = .numbers(try FilterValue.numbers(text, units: [], max: 65535, what: "a port (0 to 65535)"))
        case .count: self = .numbers(try FilterValue.numbers(text, units: [], what: "a number"))
        case .bytes:
            self = .numbers(try FilterValue.numbers(text, units: FilterUnits.bytes, what: "a size such as 10MB"))
        case .duration:
            self = .numbers(
                try FilterValue.numbers(
                    text,
                    units: FilterUnits.duration,
                    isUnitNeeded: true,
                    what: "a duration such as 250ms or 5s"
                )
            )
        case .transport:
            guard let transport = TransportProtocol(text) else {
                throw FilterValueError(
                    message: "'\(text)' is not a protocol",
                    suggestion: Spelling.nearest(to: text, among: ["tcp", "udp", "sctp", "icmp", "icmpv6"])
                )
            }
            self = .transport(transport)
        }
    }

    private static func word(_ text: String, _ known: [String]) throws(FilterValueError) -> TextPattern {
        let pattern = TextPattern(text, ignoresCase: true)
        guard known.contains(where: pattern.matches) else {
            throw FilterValueError(
                message: "'\(text)' is none of \(known.joined(separator: ", "))",
                suggestion: Spelling.nearest(to: text, among: known)
            )
        }
        return pattern
    }

    private static func addresses(_ text: String) throws(FilterValueError) -> ClosedRange<IPAddress> {
        if let prefix = IPPrefix(text) { return prefix.address...prefix.last }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count == 2, let first = IPAddress(parts[0]), let last = IPAddress(parts[1]) {
            guard first.family == last.family, first <= last else {
                throw FilterValueError(message: "'\(text)' is not a range: its first address comes after its last")
            }
            return first...last
        }
        throw FilterValueError(message: "'\(text)' is not an address, a CIDR block or a range of addresses")
    }

    private static func numbers(
        _ text: String,
        units: [FilterUnits.Unit],
        isUnitNeeded: Bool = false,
        max: UInt64 = .max,
        what: String
    ) throws(FilterValueError) -> ClosedRange<UInt64> {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts.compactMap { FilterUnits.number($0, units, isUnitNeeded: isUnitNeeded) }
        guard numbers.count == parts.count, let first = numbers.first, let last = numbers.last, last <= max else {
            throw FilterValueError(message: "'\(text)' is not \(what)")
        }
        guard first <= last else {
            throw FilterValueError(message: "'\(text)' is not a range: its first number is above its last")
        }
        return first...last
    }

    /// The value as the language writes it, without quotes.
    func text(kind: FilterValueKind) -> String {
        switch self {
        case .text(let pattern): return pattern.source
        case .transport(let transport): return transport.name
        case .addresses(let range):
            if range.lowerBound == range.upperBound { return range.lowerBound.description }
            if let prefix = IPPrefix(spanning: range) { return prefix.description }
            return "\(range.lowerBound)-\(range.upperBound)"
        case .numbers(let range):
            let units = kind == .bytes ? FilterUnits.bytes : kind == .duration ? FilterUnits.duration : []
            let lower = FilterUnits.text(range.lowerBound, units)
            return range.count == 1 ? lower : "\(lower)-\(FilterUnits.text(range.upperBound, units))"
        }
    }
}

extension IPPrefix {
    /// The last address of the block.
    var last: IPAddress {
        func ones(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? ~0 : (1 << UInt64(bits)) - 1 }
        let free = address.bitWidth - length
        return IPAddress(
            high: address.high | (address.family == .v4 ? 0 : ones(free - 64)),
            low: address.low | ones(free),
            family: address.family
        )
    }

    /// The block that is exactly the range, if there is one.
    init?(spanning range: ClosedRange<IPAddress>) {
        for length in 0...range.lowerBound.bitWidth {
            guard let prefix = IPPrefix(range.lowerBound, length: length) else { continue }
            if prefix.address == range.lowerBound, prefix.last == range.upperBound {
                self = prefix
                return
            }
        }
        return nil
    }
}
