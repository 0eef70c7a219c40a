import NIOCore
import NIOHTTP1

/// One request as it is handed to a connection, with the promise of its answer.
struct ExportRequest: Sendable {
    let head: HTTPRequestHead
    let body: [UInt8]
    let answer: EventLoopPromise<ExportAnswer>
}

/// What a collector answered.
struct ExportAnswer: Sendable {
    let status: UInt
    let retryAfter: String?
    /// The first bytes of the body.
    let text: [UInt8]
}

/// Why there is no answer.
enum ExportConnectionError: Error {
    /// The connection ended before the answer began; where it had been used before, that may be a matter of its age.
    case closed
    /// The time for it was over.
    case timedOut
    /// There is no time left for any attempt.
    case abandoned
}

/// One request and its answer at a time, on one connection.
final class ExportConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = ExportRequest
    typealias OutboundOut = HTTPClientRequestPart

    /// More of an answer is not read.
    private static let textMax = 2048

    private var answer: EventLoopPromise<ExportAnswer>?
    private var head: HTTPResponseHead?
    private var text: [UInt8] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let request = unwrapOutboundIn(data)
        answer = request.answer
        context.write(wrapOutboundOut(.head(request.head)), promise: nil)
        let body = context.channel.allocator.buffer(bytes: request.body)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            text = []
        case .body(let buffer):
            text += buffer.readableBytesView.prefix(ExportConnection.textMax - text.count)
        case .end:
            guard let head, let answer else { return }
            self.answer = nil
            self.head = nil
            if !head.isKeepAlive { context.close(promise: nil) }
            answer.succeed(
                ExportAnswer(
                    status: head.status.code,
                    retryAfter: head.headers.first(name: "retry-after"),
                    text: text
                )
            )
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ExportConnectionError.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error)
        context.close(promise: nil)
    }

    private func fail(_ error: any Error) {
        answer?.fail(error)
        answer = nil
    }
}
