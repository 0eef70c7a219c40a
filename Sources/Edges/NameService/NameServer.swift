import NIOCore
import NIOPosix
import Synchronization

/// Takes DNS messages by UDP and TCP (RFC 1035, 4.2), and sends what somebody else answers them.
package struct NameServer: Sendable {
    /// Gives the answer to a message and says by its second parameter whether it came by TCP; `nil` for silence.
    package typealias Answer = @Sendable (_ message: [UInt8], _ overTCP: Bool) -> [UInt8]?

    /// The most connections at once; one more is closed.
    static let connectionsMax = 128
    /// How long a connection may be silent.
    static let silenceMax = TimeAmount.seconds(10)

    private let host: String
    private let port: Int
    private let answer: Answer

    /// A server that is not listening yet.
    package init(host: String, port: Int, answer: @escaping Answer) {
        self.host = host
        self.port = port
        self.answer = answer
    }

    /// Listens until the task is cancelled; `onListening` is told the port, which matters when 0 was asked for.
    ///
    /// - Throws: `NameServerError` where the address cannot be listened on.
    package func run(onListening: @escaping @Sendable (Int) -> Void) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let connections = try await listening { try await bindConnections(group) }
        let bound = connections.localAddress?.port ?? port
        let datagrams: any Channel
        do {
            datagrams = try await listening { try await bindDatagrams(group, port: bound) }
        } catch {
            try? await connections.close()
            throw error
        }
        onListening(bound)
        await withTaskCancellationHandler {
            try? await datagrams.closeFuture.get()
            try? await connections.closeFuture.get()
        } onCancel: {
            datagrams.close(promise: nil)
            connections.close(promise: nil)
        }
    }

    private func listening(_ bind: () async throws -> any Channel) async throws -> any Channel {
        do {
            return try await bind()
        } catch let error as IOError {
            throw NameServerError(address: "\(host):\(port)", errnoCode: error.errnoCode)
        } catch let error as SocketAddressError {
            throw NameServerError(address: "\(host):\(port)", reason: "\(error)")
        }
    }

    private func bindConnections(_ group: MultiThreadedEventLoopGroup) async throws -> any Channel {
        let answer = answer
        let open = OpenConnections()
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                guard open.enter() else { return channel.close() }
                channel.closeFuture.whenComplete { _ in open.leave() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        IdleStateHandler(readTimeout: NameServer.silenceMax),
                        ConnectionHandler(answer),
                    ])
                }
            }
            .bind(host: host, port: port)
            .get()
    }

    private func bindDatagrams(_ group: MultiThreadedEventLoopGroup, port: Int) async throws -> any Channel {
        let answer = answer
        return try await DatagramBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(answer))
                }
            }
            .bind(host: host, port: port)
            .get()
    }

    /// How many connections there are.
    private final class OpenConnections: Sendable {
        private let count = Mutex(0)

        func enter() -> Bool {
            count.withLock { count in
                guard count < connectionsMax else { return false }
                count += 1
                return true
            }
        }

        func leave() { count.withLock { $0 -= 1 } }
    }
}

/// The address that was asked for cannot be listened on.
package struct NameServerError: Error {
    /// `host:port`.
    package let address: String
    /// The system's error number, such as `EADDRINUSE`; 0 where `reason` says it.
    package let errnoCode: Int32
    /// What is wrong with the address; empty where `errnoCode` says it.
    package let reason: String

    init(address: String, errnoCode: Int32 = 0, reason: String = "") {
        self.address = address
        self.errnoCode = errnoCode
        self.reason = reason
    }
}
