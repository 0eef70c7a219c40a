import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NetworkAddressing
import Synchronization

/// Posts bodies to one collector over HTTP/1.1, one at a time, on a connection that is kept while it lasts.
final class ExportClient: Sendable {
    private struct State {
        var channel: (any Channel)?
        var answer: EventLoopPromise<ExportAnswer>?
        /// Counts exchanges, so that a connection that comes too late is not used for another one.
        var exchange: UInt64 = 0
        var isAbandoned = false
    }

    private static let connectTimeout = TimeAmount.seconds(5)
    private static let answerTimeout = TimeAmount.seconds(15)
    private static let tokenBytesMax = 1 << 16

    private let configuration: Exporter.Configuration
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    /// For what blocks: resolving names and reading files.
    private let pool = NIOThreadPool(numberOfThreads: 1)
    private let state = Mutex(State())

    init(_ configuration: Exporter.Configuration) {
        self.configuration = configuration
        pool.start()
    }

    /// Has a task run on the event loop after a time.
    func schedule(in nanoseconds: Int64, _ body: @escaping @Sendable () -> Void) {
        group.next().scheduleTask(in: .nanoseconds(nanoseconds), body)
    }

    /// Posts a body and says what became of it; takes at most about 15 seconds.
    func post(_ body: [UInt8]) async -> ExportOutcome {
        do {
            let reused = state.withLock { $0.channel }
            do {
                return outcome(of: try await exchange(body))
            } catch ExportConnectionError.closed where reused != nil {
                // The collector closed it while it was idle: that says nothing about the collector.
                return outcome(of: try await exchange(body))
            }
        } catch {
            return .failed(ExportClient.reason(error), retryAfter: nil)
        }
    }

    /// Ends the attempt under way; those to come fail at once.
    func abandon() {
        let answer = state.withLock { state in
            state.isAbandoned = true
            return state.answer
        }
        answer?.fail(ExportConnectionError.abandoned)
    }

    func shutdown() async {
        try? await state.withLock { $0.channel }?.close()
        try? await pool.shutdownGracefully()
        try? await group.shutdownGracefully()
    }

    private func exchange(_ body: [UInt8]) async throws -> ExportAnswer {
        let loop = group.next()
        let answer = loop.makePromise(of: ExportAnswer.self)
        let (number, isAbandoned) = state.withLock { state in
            state.answer = answer
            state.exchange += 1
            return (state.exchange, state.isAbandoned)
        }
        if isAbandoned { answer.fail(ExportConnectionError.abandoned) }
        let timeout = loop.scheduleTask(in: ExportClient.answerTimeout) {
            answer.fail(ExportConnectionError.timedOut)
        }
        connection(on: loop).whenComplete { [self] result in
            switch result {
            case .success(let (channel, head)):
                guard state.withLock({ $0.exchange == number && $0.answer != nil }) else {
                    return channel.close(promise: nil)
                }
                var head = head
                head.headers.replaceOrAdd(name: "content-length", value: "\(body.count)")
                let request = ExportRequest(head: head, body: body, answer: answer)
                channel.writeAndFlush(request).cascadeFailure(to: answer)
            case .failure(let error):
                answer.fail(error)
            }
        }
        do {
            let value = try await answer.futureResult.get()
            timeout.cancel()
            state.withLock { $0.answer = nil }
            return value
        } catch {
            timeout.cancel()
            // What is left of this exchange must not be taken for the answer to the next one.
            let channel = state.withLock { state in
                defer { (state.channel, state.answer) = (nil, nil) }
                return state.channel
            }
            channel?.close(promise: nil)
            throw error
        }
    }

    /// The connection at hand or a new one, and the head of a request.
    private func connection(on loop: any EventLoop) -> EventLoopFuture<(any Channel, HTTPRequestHead)> {
        let current = state.withLock { $0.channel }.flatMap { $0.isActive ? $0 : nil }
        return pool.runIfActive(eventLoop: loop) { [self] in
            (try requestHead(), current == nil ? try resolve() : nil)
        }.flatMap { [self] head, target in
            guard let target else {
                guard let current else { return loop.makeFailedFuture(ExportConnectionError.closed) }
                return loop.makeSucceededFuture((current, head))
            }
            return connect(to: target, on: loop).map { ($0, head) }
        }
    }

    private func connect(to target: Target, on loop: any EventLoop) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .connectTimeout(ExportClient.connectTimeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls = target.tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: target.serverName)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(ExportConnection())
                }
            }
            .connect(to: target.address)
            .map { [self] channel in
                state.withLock { $0.channel = channel }
                channel.closeFuture.whenComplete { [weak self] _ in
                    self?.state.withLock { state in
                        if state.channel === channel { state.channel = nil }
                    }
                }
                return channel
            }
    }

    private struct Target: Sendable {
        let address: SocketAddress
        let tls: NIOSSLContext?
        let serverName: String?
    }

    /// Blocks.
    private func resolve() throws -> Target {
        let collector = configuration.collector
        let address = try SocketAddress.makeAddressResolvingHost(collector.host, port: collector.port)
        if let text = address.ipAddress, let ip = IPAddress(text) {
            configuration.onResolved(Endpoint(ip, port: UInt16(truncatingIfNeeded: collector.port)))
        }
        guard collector.isSecure else { return Target(address: address, tls: nil, serverName: nil) }
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = configuration.authorityFile { tls.trustRoots = .file(file) }
        // The certificate of a collector that is named by address must hold that address; SNI has only names.
        let isName = IPAddress(collector.host) == nil
        return Target(
            address: address,
            tls: try NIOSSLContext(configuration: tls),
            serverName: isName ? collector.host : nil
        )
    }

    /// Blocks: the token is read each time, as it is replaced before it ends.
    private func requestHead() throws -> HTTPRequestHead {
        var headers: HTTPHeaders = [
            "host": configuration.collector.authority, "content-type": configuration.contentType,
            "user-agent": configuration.userAgent,
        ]
        if let path = configuration.tokenFile {
            headers.add(name: "authorization", value: "Bearer \(try ExportClient.token(path))")
        }
        return HTTPRequestHead(version: .http1_1, method: .POST, uri: configuration.collector.path, headers: headers)
    }

    private static func token(_ path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw TokenError(path: path, reason: String(cString: strerror(errno))) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: tokenBytesMax)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        let token = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).filter { !$0.isWhitespace }
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw TokenError(path: path, reason: "it holds no token")
        }
        return token
    }

    private struct TokenError: Error, CustomStringConvertible {
        let path: String
        let reason: String
        var description: String { "the token of \(path) cannot be read: \(reason)" }
    }

    private func outcome(of answer: ExportAnswer) -> ExportOutcome {
        if configuration.acknowledging.contains(answer.status) { return .acknowledged }
        let printable = answer.text.prefix { $0 != 10 && $0 != 13 }.filter { $0 >= 0x20 && $0 < 0x7f }.prefix(200)
        let text = String(decoding: printable, as: UTF8.self)
        let reason = "HTTP \(answer.status)" + (text.isEmpty ? "" : ": \(text)")
        switch answer.status {
        // Who may send, and when: another attempt may go well.
        case 401, 403, 408, 425, 429: break
        case 400..<500: return .refused(reason)
        default: break
        }
        let seconds = answer.retryAfter.flatMap { Int64($0) }
        return .failed(reason, retryAfter: seconds.map { min(max($0, 0), 86400) * 1_000_000_000 })
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case ExportConnectionError.closed: "the connection was closed without an answer"
        case ExportConnectionError.timedOut: "no answer within \(answerTimeout.nanoseconds / 1_000_000_000) s"
        case ExportConnectionError.abandoned: "there was no time left"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as ChannelError:
            if case .connectTimeout = error { "no connection within 5 s" } else { "\(error)" }
        default: String("\(error)".prefix { $0 != "\n" }.prefix(200))
        }
    }
}
