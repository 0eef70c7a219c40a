import NetworkAddressing

extension DNSMessage {
    /// The addresses among the answers, as far as they were captured.
    package var addresses: DNSAddresses { DNSAddresses(of: self) }
}

/// The addresses of A and AAAA records (RFC 1035, 3.4.1; RFC 3596, 2.2) among a message's answers, in their order.
///
/// No more than the first 64 questions and answers are looked at.
package struct DNSAddresses: BitwiseCopyable, Sendable {
    /// Questions after the first, which stand before the answers.
    private var questions: Int
    private var answers: Int
    private var offset: Int
    private let end: Int

    fileprivate init(of message: DNSMessage) {
        questions = max(0, Int(message.questionCount) - 1)
        answers = questions < 64 ? min(64, Int(message.answerCount)) : 0
        offset = Int(message.rest)
        end = Int(message.end)
    }

    /// The next address, from the bytes that the message was read from; `nil` after the last.
    package mutating func next(in bytes: RawSpan) -> IPAddress? {
        let end = min(self.end, bytes.byteCount)
        while questions > 0, answers > 0 {
            questions -= 1
            guard let type = DNSName.skip(bytes, offset, end) else { return stop() }
            offset = type + 4
        }
        while answers > 0 {
            answers -= 1
            guard let type = DNSName.skip(bytes, offset, end), end - type >= 10 else { return stop() }
            let data = type + 10
            let length = Int(bytes.number16(type + 8))
            guard end - data >= length else { return stop() }
            offset = data + length
            // The top bit of the class is mDNS's own (RFC 6762, 10.2).
            guard bytes.number16(type + 2) & 0x7fff == 1 else { continue }
            switch (bytes.number16(type), length) {
            case (DNSType.address, 4): return IPAddress(v4: bytes.number32(data))
            case (DNSType.addressV6, 16): return IPAddress(v6: bytes.number64(data), bytes.number64(data + 8))
            default: continue
            }
        }
        return nil
    }

    private mutating func stop() -> IPAddress? {
        answers = 0
        return nil
    }
}
