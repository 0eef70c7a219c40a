import Foundation
import NetworkAddressing
import PacketParsing
import TestSupport
import Testing

/// What one packet of a shared capture carries above TCP or UDP.
struct CorpusPayload {
    /// The capture's path within the folder of captures.
    let file: String
    let number: Int
    let packet: ParsedPacket
    let bytes: UnsafeRawBufferPointer
    /// Its length on the wire.
    let length: Int

    func isPort(_ ports: UInt16...) -> Bool {
        ports.contains(packet.sourcePort) || ports.contains(packet.destinationPort)
    }

    /// Every payload of all captures.
    static func forEach(of transport: UInt8, _ body: (CorpusPayload) -> Void) throws {
        for source in ["arkime", "community-id-spec", "gopacket", "ndpi", "skydive", "tcpdump", "zeek"] {
            let folder = SharedData.folder.appending(path: "pcap/\(source)")
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
                try forEach(of: transport, in: "\(source)/\(file)", body)
            }
        }
    }

    /// Every payload of one capture, if it can be read.
    static func forEach(of transport: UInt8, in file: String, _ body: (CorpusPayload) -> Void) throws {
        try SharedData.bytes("pcap/\(file)").withUnsafeBytes { capture in
            guard var reader = try? CaptureFileReader(capture) else { return }
            var number = 0
            while let captured = reader.next() {
                number += 1
                guard let packet = decoded(captured), packet.transport == transport else { continue }
                let behindHeaders = captured.bytes.dropFirst(Int(packet.payloadOffset))
                let payload = CorpusPayload(
                    file: file,
                    number: number,
                    packet: packet,
                    bytes: UnsafeRawBufferPointer(rebasing: behindHeaders.prefix(Int(packet.payloadBytes))),
                    length: Int(packet.payloadBytes)
                )
                body(payload)
            }
        }
    }

    private static func decoded(_ captured: CapturedPacket) -> ParsedPacket? {
        var packet = ParsedPacket()
        let decoder = PacketDecoder(linkType: captured.linkType)
        let outcome = decoder.decode(captured.bytes.bytes, wireLength: captured.originalLength, into: &packet)
        return outcome == .metered && packet.fragment == .whole ? packet : nil
    }
}

/// One direction of a connection, as far as its segments come in order.
struct CorpusDirection {
    /// A message that begins.
    enum Message: Equatable {
        case request(method: String, host: String, path: String)
        case response(status: UInt16)
    }

    private var stream = HTTPStream()
    private var next: UInt32?

    /// What begins in a segment of which so many bytes were captured at the most.
    mutating func feed(_ payload: CorpusPayload, captured: Int, answering method: HTTPMethod = .other) -> [Message] {
        let sequence = payload.packet.tcpSequence
        if payload.packet.tcpFlags & 2 != 0 {
            self = CorpusDirection()
            next = sequence &+ 1
        }
        guard payload.length > 0 else { return [] }
        let ahead = Int32(bitPattern: sequence &- (next ?? sequence))
        guard ahead >= 0 else { return [] }
        if ahead > 0 || next == nil { stream.lose() }
        next = sequence &+ UInt32(payload.length)
        let bytes = UnsafeRawBufferPointer(rebasing: payload.bytes.prefix(captured))
        var messages: [Message] = []
        var offset = 0
        while true {
            switch stream.next(in: bytes.bytes, length: payload.length, from: &offset, answering: method) {
            case .none, .notHTTP: return messages
            case .response(let status): messages.append(.response(status: status))
            case .request(let request):
                func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
                let (name, host, path) = (text(request.name), text(request.host), text(request.path))
                messages.append(.request(method: name, host: host, path: path))
            }
        }
    }
}
