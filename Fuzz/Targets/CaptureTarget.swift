import PacketParsing

extension FuzzTarget {
    /// Reading of pcap and pcapng files; an input is a file.
    package static let captures = FuzzTarget(name: "captures") { bytes in
        do {
            var reader = try CaptureFileReader(bytes)
            var packets = 0
            while let packet = reader.next() {
                packets += 1
                try require(packets <= bytes.count, "each packet takes bytes of the file")
                try require(packet.offset + packet.bytes.count <= bytes.count, "a packet lies within the file")
                try require(reader.interfaces.indices.contains(packet.interface), "its interface is known")
                try require(reader.interfaces[packet.interface].linkType == packet.linkType, "its link type is")
            }
            if let failure = reader.failure {
                try require(failure.offset <= bytes.count, "a failure is within the file")
                try require(!failure.description.isEmpty, "a failure has words")
            }
            try require(reader.next() == nil, "an ended file stays ended")
        } catch let error as CaptureFileError {
            try require(!error.description.isEmpty, "an error has words")
        }
    }
}
