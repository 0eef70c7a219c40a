import NetworkAddressing

/// The 160 bits behind the text of a Community ID.
package struct CommunityIDDigest: Hashable, Sendable, BitwiseCopyable {
    /// The digest's words in their order.
    var words: (UInt32, UInt32, UInt32, UInt32, UInt32)

    /// Whether all 20 bytes are equal.
    package static func == (left: CommunityIDDigest, right: CommunityIDDigest) -> Bool { left.words == right.words }

    /// Feeds 8 of the 20 bytes: they are those of a SHA-1, any of which tell digests apart.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}

extension CommunityID {
    /// The digest of a flow.
    package static func digest(of flow: Observation, seed: UInt16) -> CommunityIDDigest {
        let digest = digest(
            transport: flow.transport,
            source: flow.source,
            destination: flow.destination,
            seed: seed
        )
        return CommunityIDDigest(words: (digest[0], digest[1], digest[2], digest[3], digest[4]))
    }

    /// Writes the 30 bytes of an ID's text to the start of a buffer that has room for them, and returns 30.
    @discardableResult
    package static func write(_ digest: CommunityIDDigest, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let words = digest.words
        writeBase64([words.0, words.1, words.2, words.3, words.4], buffer)
        return textLength
    }

    /// Gives flows their digests, eight at a time.
    package static func identify(_ flows: UnsafeMutableBufferPointer<Observation>, seed: UInt16) {
        // Fewer are not worth the lanes.
        guard flows.count >= 3, let base = flows.baseAddress else {
            for index in flows.indices { flows[index].communityID = digest(of: flows[index], seed: seed) }
            return
        }
        let lanes = SHA1Lanes()
        for start in stride(from: 0, to: flows.count, by: SHA1Lanes.count) {
            let count = min(SHA1Lanes.count, flows.count - start)
            for lane in 0..<count {
                let flow = base + (start + lane)
                var source = flow.pointee.source
                var destination = flow.pointee.destination
                let transport = flow.pointee.transport
                order(&source, &destination, of: transport)
                lanes.set(lane, transport, source, destination, seed: seed)
            }
            lanes.run()
            for lane in 0..<count { base[start + lane].communityID = lanes.digest(lane) }
        }
    }
}
