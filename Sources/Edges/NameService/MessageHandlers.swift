import NIOCore

/// Each datagram is a message, and its answer another.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let answer: NameServer.Answer

    init(_ answer: @escaping NameServer.Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        // What cannot be sent now is dropped, as the network would: the client asks again.
        guard context.channel.isWritable, let bytes = answer(Array(envelope.data.readableBytesView), false) else {
            return
        }
        let reply = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
        context.write(wrapOutboundOut(reply), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // One datagram that could not be sent or received, such as to a host that has gone, is that client's alone.
    }
}

/// Messages one after the other, each with its length before it (RFC 1035, 4.2.2).
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The longest message that is read: a question is short.
    private static let messageBytesMax = 4_096

    private let answer: NameServer.Answer
    private var pending = ByteBuffer()

    init(_ answer: @escaping NameServer.Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        pending.writeBuffer(&buffer)
        while let length = pending.getInteger(at: pending.readerIndex, as: UInt16.self) {
            // Who sends what is no question, or does not read the answers, is not waited for.
            guard length <= ConnectionHandler.messageBytesMax, context.channel.isWritable else {
                return context.close(promise: nil)
            }
            guard pending.readableBytes >= 2 + Int(length) else { break }
            pending.moveReaderIndex(forwardBy: 2)
            guard let message = pending.readBytes(length: Int(length)), let bytes = answer(message, true),
                let size = UInt16(exactly: bytes.count)
            else { return context.close(promise: nil) }
            var reply = context.channel.allocator.buffer(capacity: bytes.count + 2)
            reply.writeInteger(size)
            reply.writeBytes(bytes)
            context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
        }
        pending.discardReadBytes()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
