import FlowModel
import NetworkAddressing

/// A question of who had an address at a time.
package struct AddressQuestion: Sendable, Hashable {
    /// The address; never an IPv4 address in IPv6's clothes.
    package var address: IPAddress
    /// The port; 0 where none is asked for.
    package var port: UInt16
    /// The protocol of the port; `nil` for any that has ports.
    package var transport: TransportProtocol?
    /// The moment that is asked about.
    package var time: Timestamp

    /// A question.
    package init(address: IPAddress, port: UInt16 = 0, transport: TransportProtocol? = nil, time: Timestamp) {
        self.address = address.unmapped
        self.port = port
        self.transport = transport
        self.time = time
    }
}

/// Why a question could not be understood, as the end of a sentence, such as `is no address`.
package struct QuestionProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    package let description: String

    /// A problem.
    package init(_ description: String) { self.description = description }
}

extension IPAddress {
    /// The IPv4 address that a socket of both families shows as `::ffff:1.2.3.4`; any other as it is.
    package var unmapped: IPAddress {
        guard family == .v6, high == 0, low >> 32 == 0xffff else { return self }
        return IPAddress(v4: UInt32(truncatingIfNeeded: low))
    }
}

/// An address as people type it: `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`, and after it `/tcp`, `/udp` or `/sctp`.
package struct AddressText: Sendable, Hashable {
    /// The longest text that is looked at, in bytes.
    package static let longest = 128

    /// The address.
    package var address: IPAddress
    /// The port; 0 for none.
    package var port: UInt16 = 0
    /// The protocol; `nil` where none is named.
    package var transport: TransportProtocol?

    /// Reads text.
    package init(_ text: some StringProtocol) throws(QuestionProblem) {
        try self.init(utf8: Array(text.utf8)[...])
    }

    /// Reads the bytes of a text.
    package init(utf8 bytes: ArraySlice<UInt8>) throws(QuestionProblem) {
        guard !bytes.isEmpty else { throw QuestionProblem("the address is missing") }
        guard bytes.count <= AddressText.longest else {
            throw QuestionProblem("an address has at most \(AddressText.longest) bytes")
        }
        var rest = bytes
        if let slash = rest.lastIndex(of: UInt8(ascii: "/")) {
            transport = try AddressText.transport(named: rest[(slash + 1)...])
            rest = rest[..<slash]
        }
        if rest.first == UInt8(ascii: "[") {
            guard let close = rest.firstIndex(of: UInt8(ascii: "]")) else {
                throw QuestionProblem("the address has no closing bracket")
            }
            address = try AddressText.address(rest[rest.startIndex + 1..<close])
            let after = rest[(close + 1)...]
            guard let colon = after.first else { return }
            guard colon == UInt8(ascii: ":") else { throw QuestionProblem("only a port follows the bracket") }
            port = try AddressText.port(after.dropFirst())
            return
        }
        // Two colons or more are an IPv6 address, whose port would need brackets.
        if let colon = rest.firstIndex(of: UInt8(ascii: ":")), rest.lastIndex(of: UInt8(ascii: ":")) == colon {
            port = try AddressText.port(rest[(colon + 1)...])
            rest = rest[..<colon]
        }
        address = try AddressText.address(rest)
    }

    /// The protocol of a name that has ports.
    package static func transport(named bytes: ArraySlice<UInt8>) throws(QuestionProblem) -> TransportProtocol {
        guard bytes.count <= 8, let transport = TransportProtocol(String(decoding: bytes, as: UTF8.self)),
            transport.hasPorts
        else { throw QuestionProblem("the protocol is none of tcp, udp and sctp") }
        return transport
    }

    /// A port from its digits.
    package static func port(_ bytes: ArraySlice<UInt8>) throws(QuestionProblem) -> UInt16 {
        var value: UInt32 = 0
        for byte in bytes {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { throw QuestionProblem("the port is no number") }
            value = min(value * 10 + UInt32(digit), 1 << 20)
        }
        guard !bytes.isEmpty, let port = UInt16(exactly: value) else {
            throw QuestionProblem("the port is not from 0 to 65535")
        }
        return port
    }

    private static func address(_ bytes: ArraySlice<UInt8>) throws(QuestionProblem) -> IPAddress {
        if let address = dotted(bytes) { return address }
        guard let address = IPAddress(String(decoding: bytes, as: UTF8.self)) else {
            throw QuestionProblem("this is no IP address")
        }
        return address
    }

    /// Plain IPv4, which most are, without making a string of it; `nil` leaves it to the thorough reader.
    private static func dotted(_ bytes: ArraySlice<UInt8>) -> IPAddress? {
        guard (7...15).contains(bytes.count) else { return nil }
        var bits: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var dots = 0
        for byte in bytes {
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                // A leading zero may mean octal: not an address here.
                guard digits < 3, digits == 0 || part > 0 else { return nil }
                part = part * 10 + UInt32(digit)
                digits += 1
            } else {
                guard byte == UInt8(ascii: "."), digits > 0, part <= 255, dots < 3 else { return nil }
                bits = bits << 8 | part
                dots += 1
                part = 0
                digits = 0
            }
        }
        guard dots == 3, digits > 0, part <= 255 else { return nil }
        return IPAddress(v4: bits << 8 | part)
    }
}
