import FlowModel

extension Observation {
    /// What went wrong, in a few words each, the worst first; none where all went well or nothing is known.
    var trouble: [String] {
        var words: [String] = []
        if let tcp { words += tcp.trouble }
        if let dns, dns.failures > 0 {
            let codes = Set(dns.exchanges.compactMap(\.code)).subtracting([0]).sorted().map(DNSNames.code)
            words += codes.isEmpty ? ["\(dns.failures) failures"] : codes
        }
        if let http {
            if http.responses.serverError > 0 { words.append("\(http.responses.serverError)×5xx") }
            if http.responses.clientError > 0 { words.append("\(http.responses.clientError)×4xx") }
        }
        return words
    }
}

extension TCPReport {
    fileprivate var trouble: [String] {
        var words: [String] = []
        switch state {
        case .attempted, .rejected, .resetBySource, .resetByDestination, .attemptReset, .answerReset:
            words.append(state.name)
        case .established, .closed, .halfClosedBySource, .halfClosedByDestination, .attemptClosed, .answerClosed,
            .midstream:
            break
        }
        for (count, name) in [(\TCPCounts.retransmitted, "resent"), (\.lost, "lost"), (\.zeroWindows, "zero-window")] {
            let sum = UInt64(forward[keyPath: count]) + UInt64(backward[keyPath: count])
            if sum > 0 { words.append("\(sum)×\(name)") }
        }
        return words
    }
}
