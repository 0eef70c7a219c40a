import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP server on loopback that answers each request as a script says: whole, cut off, or left open.
final class ScriptedServer: Sendable {
    /// A request as the script sees it.
    struct Request: Sendable, Equatable {
        var path: String
        var query: [String: String]
        var authorization: String?

        var isWatch: Bool { query["watch"] == "true" || query["watch"] == "1" }
    }

    /// An answer: each chunk is one HTTP chunk, sent on its own.
    struct Answer: Sendable {
        enum End: Sendable {
            /// With the last chunk, as a server that means it.
            case complete
            /// The connection breaks.
            case cut
            /// Nothing more comes.
            case open
        }

        var status = 200
        var headers: [(String, String)] = [("Content-Type", "application/json")]
        var chunks: [String] = []
        var end = End.complete
    }

    /// What has been asked so far.
    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])

        /// Keeps the request and says how many came for its path before.
        func record(_ request: Request) -> Int {
            requests.withLock { all in
                all.append(request)
                return all.count { $0.path == request.path } - 1
            }
        }
    }

    private let channel: any Channel
    private let log = Log()

    /// Listens until `stop`; the script gets each request and how many came for its path before.
    init(tls: NIOSSLContext? = nil, script: @escaping @Sendable (Request, Int) -> Answer) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [log] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try pipeline.addHandler(ScriptHandler { script($0, log.record($0)) })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    /// All requests so far, in order of arrival.
    var requests: [Request] { log.requests.withLock { $0 } }

    func stop() async throws { try await channel.close() }
}

/// Answers each request on one connection.
private final class ScriptHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: @Sendable (ScriptedServer.Request) -> ScriptedServer.Answer

    init(_ answer: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        let parts = head.uri.split(separator: "?", maxSplits: 1)
        var query: [String: String] = [:]
        for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[String(sides[0])] = sides.count > 1 ? String(sides[1]) : ""
        }
        let answer = answer(
            ScriptedServer.Request(
                path: String(parts[0]),
                query: query,
                authorization: head.headers.first(name: "Authorization")
            )
        )
        let response = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: answer.status),
            headers: HTTPHeaders(answer.headers)
        )
        context.writeAndFlush(wrapOutboundOut(.head(response)), promise: nil)
        for chunk in answer.chunks {
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: chunk)))), promise: nil)
        }
        switch answer.end {
        case .complete: context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case .cut: context.close(promise: nil)
        case .open: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
