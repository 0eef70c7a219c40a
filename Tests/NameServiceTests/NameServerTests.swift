import NIOCore
import NIOPosix
import Testing

@testable import NameService

/// A server that answers a message with its bytes reversed, and an empty one with silence.
private func withServer(_ body: (Int) async throws -> Void) async throws {
    let server = NameServer(host: "127.0.0.1", port: 0) { message, overTCP in
        message.isEmpty ? nil : message.reversed() + [overTCP ? 1 : 0]
    }
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run { continuation.yield($0) } }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        try await body(port)
        group.cancelAll()
        try await group.waitForAll()
    }
}

private func connect(_ port: Int) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
        }
}

/// All that the server sends until it closes, or until there are so many bytes.
private func exchange(_ port: Int, _ parts: [[UInt8]], expecting count: Int) async throws -> [UInt8] {
    let channel = try await connect(port)
    return try await channel.executeThenClose { inbound, outbound in
        for part in parts { try await outbound.write(ByteBuffer(bytes: part)) }
        var received: [UInt8] = []
        for try await buffer in inbound {
            received += buffer.readableBytesView
            if received.count >= count { break }
        }
        return received
    }
}

struct NameServerTests {
    @Test func `messages of a connection are answered one after the other, however they are cut`() async throws {
        try await withServer { port in
            let whole: [UInt8] = [0, 3, 1, 2, 3, 0, 1, 9]
            let expected: [UInt8] = [0, 4, 3, 2, 1, 1, 0, 2, 9, 1]
            let atOnce = try await exchange(port, [whole], expecting: 10)
            let byteByByte = try await exchange(port, whole.map { [$0] }, expecting: 10)
            #expect(atOnce == expected)
            #expect(byteByByte == expected)
        }
    }

    @Test func `a connection with something else than questions is closed`() async throws {
        try await withServer { port in
            let long = try await exchange(port, [[0xff, 0xff, 1, 2]], expecting: .max)
            let silent = try await exchange(port, [[0, 0]], expecting: .max)
            #expect(long == [] && silent == [])
        }
    }

    @Test func `a datagram is answered by one`() async throws {
        try await withServer { port in
            let server = try SocketAddress(ipAddress: "127.0.0.1", port: port)
            let channel = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .bind(host: "127.0.0.1", port: 0) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>>(
                            wrappingChannelSynchronously: channel
                        )
                    }
                }
            try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(AddressedEnvelope(remoteAddress: server, data: ByteBuffer(bytes: [1, 2])))
                var iterator = inbound.makeAsyncIterator()
                let reply = try #require(try await iterator.next())
                #expect(Array(reply.data.readableBytesView) == [2, 1, 0])
            }
        }
    }

    @Test func `an address in use is told`() async throws {
        try await withServer { port in
            let second = NameServer(host: "127.0.0.1", port: port) { _, _ in nil }
            let error = await #expect(throws: NameServerError.self) { try await second.run { _ in } }
            #expect(error?.errnoCode == 98)
            #expect(error?.address == "127.0.0.1:\(port)")
        }
    }
}
