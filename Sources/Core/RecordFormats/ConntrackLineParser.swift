import FlowModel
import NetworkAddressing

/// Reads one line of `conntrack` or `/proc/net/nf_conntrack`; the line's strings are the only allocations.
struct ConntrackLineParser<Bytes: RandomAccessCollection> where Bytes.Element == UInt8, Bytes.Index == Int {
    private let bytes: Bytes
    private var index: Int
    private let end: Int

    init(_ bytes: Bytes) {
        self.bytes = bytes
        index = bytes.startIndex
        end = bytes.endIndex
    }

    /// The line's event; errors carry the column but line 0, which the caller knows.
    mutating func event() throws(ConntrackSyntaxError) -> ConntrackEvent {
        skipSpaces()
        let timestamp = try timestamp()
        skipSpaces()
        let kind = try kind()
        skipSpaces()
        skipNetworkProtocol()
        let transport = try transport()
        skipSpaces()
        let timeout = try numberOfWord(UInt32.self)
        let state = word()
        let original = try tuple(transport)
        var event = ConntrackEvent(
            kind: kind,
            timestamp: timestamp,
            transport: transport,
            timeout: timeout,
            state: state,
            original: original,
            reply: original
        )
        skipSpaces()
        while peek() == UInt8(ascii: "[") {
            try flag(&event)
            skipSpaces()
        }
        event.reply = try tuple(transport)
        try trailer(&event)
        return event
    }
}

extension ConntrackLineParser {
    /// `[1229102719.964446]`; the microseconds may be padded with spaces on their right, not zeros on their left.
    private mutating func timestamp() throws(ConntrackSyntaxError) -> Timestamp? {
        guard peek() == UInt8(ascii: "["), index + 1 < end, isDigit(bytes[index + 1]) else { return nil }
        index += 1
        guard let seconds = number(Int64.self), take(".") else { throw failure(.timestamp) }
        let start = index
        guard let fraction = number(Int64.self), index - start <= 9 else { throw failure(.timestamp) }
        let digits = index - start
        let isPadded = peek() == UInt8(ascii: " ")
        skipSpaces()
        guard take("]") else { throw failure(.timestamp) }
        if isPadded {
            return Timestamp(seconds: seconds, nanoseconds: fraction * 1000)
        }
        return Timestamp(
            seconds: seconds,
            nanoseconds: (digits..<9).reduce(fraction) { value, _ in value * 10 }
        )
    }

    private mutating func kind() throws(ConntrackSyntaxError) -> ConntrackEvent.Kind {
        guard peek() == UInt8(ascii: "[") else { return .entry }
        if take("[NEW]") { return .new }
        if take("[UPDATE]") { return .update }
        if take("[DESTROY]") { return .destroy }
        throw failure(.event)
    }

    /// `ipv4     2 ` of `-o extended`; the addresses say the same.
    private mutating func skipNetworkProtocol() {
        let start = index
        guard take("ipv4 ") || take("ipv6 ") else { return }
        skipSpaces()
        guard number(UInt8.self) != nil, peek() == UInt8(ascii: " ") else {
            index = start
            return
        }
        skipSpaces()
    }

    /// `tcp      6`: the number counts, because the name is `unknown` for many.
    private mutating func transport() throws(ConntrackSyntaxError) -> TransportProtocol {
        let start = index
        while index < end, isWordByte(bytes[index]) { index += 1 }
        guard index > start else { throw failure(.protocolName) }
        skipSpaces()
        guard let number = number(UInt8.self), index == end || bytes[index] == UInt8(ascii: " ") else {
            throw failure(.protocolName)
        }
        return TransportProtocol(rawValue: number)
    }

    /// A bare number with a space after it; `nil` without consuming anything where a word stands.
    private mutating func numberOfWord<Number: FixedWidthInteger>(
        _ type: Number.Type
    ) throws(ConntrackSyntaxError) -> Number? {
        guard let first = peek(), isDigit(first) else { return nil }
        guard let number = number(type), peek() == UInt8(ascii: " ") else { throw failure(.number) }
        skipSpaces()
        return number
    }

    /// A state such as `SYN_SENT`; `nil` where a key or a flag stands.
    private mutating func word() -> String? {
        let start = index
        while index < end, isWordByte(bytes[index]) { index += 1 }
        guard index > start, index < end, bytes[index] == UInt8(ascii: " ") else {
            index = start
            return nil
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        skipSpaces()
        return text
    }

    private mutating func tuple(_ transport: TransportProtocol) throws(ConntrackSyntaxError) -> ConntrackTuple {
        guard take("src="), let source = address() else { throw failure(.source) }
        skipSpaces()
        guard take("dst=") else { throw failure(.destination) }
        let start = index
        guard let destination = address(), destination.family == source.family else {
            index = start
            throw failure(.destination)
        }
        var tuple = ConntrackTuple(source: source, destination: destination)
        skipSpaces()
        if transport.isICMP {
            tuple.icmp = try icmp()
        } else if transport.hasPorts || peekIs("sport=") {
            tuple.sourcePort = try value("sport=", .sourcePort)
            tuple.destinationPort = try value("dport=", .destinationPort)
        }
        while peekIs("srckey=") || peekIs("dstkey=") {
            _ = restOfWord()
            skipSpaces()
        }
        if peekIs("packets=") {
            let packets: UInt64 = try value("packets=", .packets)
            tuple.traffic = TrafficCount(packets: packets, bytes: try value("bytes=", .bytes))
        }
        return tuple
    }

    private mutating func icmp() throws(ConntrackSyntaxError) -> ConntrackTuple.ICMP {
        let type: UInt8 = try value("type=", .icmpType)
        let code: UInt8 = try value("code=", .icmpCode)
        guard peekIs("id=") else { return ConntrackTuple.ICMP(type: type, code: code) }
        return ConntrackTuple.ICMP(type: type, code: code, identifier: try value("id=", .icmpIdentifier))
    }

    /// Flags and `key=value` pairs to the end of the line; what is not known is passed over.
    private mutating func trailer(_ event: inout ConntrackEvent) throws(ConntrackSyntaxError) {
        skipSpaces()
        while index < end {
            if peek() == UInt8(ascii: "[") {
                try flag(&event)
            } else if peekIs("id=") {
                event.id = try value("id=", .number)
            } else if peekIs("mark=") {
                event.mark = try value("mark=", .number)
            } else if peekIs("zone=") {
                event.zone = try value("zone=", .number)
            } else if peekIs("use=") {
                event.use = try value("use=", .number)
            } else if take("helper=") {
                event.helper = String(decoding: restOfWord(), as: UTF8.self)
            } else {
                let start = index
                guard restOfWord().contains(UInt8(ascii: "=")) else {
                    index = start
                    throw failure(.field)
                }
            }
            skipSpaces()
        }
    }

    /// `[ASSURED]`; also `[start=Thu Nov 20 …]` of entries with kernel timestamps, which is passed over.
    private mutating func flag(_ event: inout ConntrackEvent) throws(ConntrackSyntaxError) {
        let start = index
        guard let close = bytes[index..<end].firstIndex(of: UInt8(ascii: "]")) else { throw failure(.field) }
        if take("[UNREPLIED]") {
            event.isUnreplied = true
        } else if take("[ASSURED]") {
            event.isAssured = true
        } else if take("[OFFLOAD]") || take("[HW_OFFLOAD]") {
            event.isOffloaded = true
        }
        index = close + 1
        if index - start <= 2 { throw failure(.field) }
    }
}

extension ConntrackLineParser {
    private func peek() -> UInt8? { index < end ? bytes[index] : nil }

    private func failure(_ expected: ConntrackSyntaxError.Expectation) -> ConntrackSyntaxError {
        ConntrackSyntaxError(line: 0, column: index - bytes.startIndex + 1, expected: expected)
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    private func isWordByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    private mutating func skipSpaces() {
        while index < end, isSpace(bytes[index]) { index += 1 }
    }

    /// What is left up to the next space.
    private mutating func restOfWord() -> Bytes.SubSequence {
        let start = index
        while index < end, !isSpace(bytes[index]) { index += 1 }
        return bytes[start..<index]
    }

    private func peekIs(_ text: StaticString) -> Bool {
        guard end - index >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { expected in
            for offset in 0..<expected.count where bytes[index + offset] != expected[offset] { return false }
            return true
        }
    }

    private mutating func take(_ text: StaticString) -> Bool {
        guard peekIs(text) else { return false }
        index += text.utf8CodeUnitCount
        return true
    }

    /// Decimal digits that fit the type; without consuming anything `nil` for anything else.
    private mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        let start = index
        var value: Number = 0
        while index < end, isDigit(bytes[index]) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.addingReportingOverflow(Number(bytes[index] - 48))
            guard !overflow, !overflow2 else {
                index = start
                return nil
            }
            value = sum
            index += 1
        }
        return index > start ? value : nil
    }

    /// `key=number` and the spaces after it.
    private mutating func value<Number: FixedWidthInteger>(
        _ key: StaticString,
        _ expected: ConntrackSyntaxError.Expectation
    ) throws(ConntrackSyntaxError) -> Number {
        guard take(key), let number = number(Number.self), index == end || isSpace(bytes[index]) else {
            throw failure(expected)
        }
        skipSpaces()
        return number
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private mutating func address() -> IPAddress? {
        let start = index
        let text = restOfWord()
        guard text.count <= 45, let address = IPAddress(String(decoding: text, as: UTF8.self)) else {
            index = start
            return nil
        }
        return address
    }
}
