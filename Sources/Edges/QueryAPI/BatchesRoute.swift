import HTTPTypes
import Hummingbird
import NIOCore
import RecordFormats

/// `POST /api/v1/batches`: takes what an exporter has metered, and answers once it is stored.
struct BatchesRoute: Sendable {
    /// The longest body that is read.
    private static let bytesMax = 8 << 20
    /// The longest exporter id that is kept.
    private static let idBytesMax = 256
    private static let mediaType = "application/x-protobuf"

    private let receive: @Sendable (WireBatch) async throws -> Void

    init(_ receive: @escaping @Sendable (WireBatch) async throws -> Void) { self.receive = receive }

    func respond(_ request: Request) async throws -> Response {
        // A web page cannot send this type from elsewhere without asking first.
        guard request.headers[.contentType] == BatchesRoute.mediaType else {
            throw APIError(
                status: .unsupportedMediaType,
                code: "media_type",
                message: "a batch is sent as \(BatchesRoute.mediaType)"
            )
        }
        let batch = try decode(try await body(of: request))
        do {
            try await receive(batch)
        } catch {
            var response = APIError(status: .serviceUnavailable, code: "not_stored", message: "\(error)").response
            response.headers[.retryAfter] = "5"
            return response
        }
        return Response(status: .noContent)
    }

    private func body(of request: Request) async throws -> [UInt8] {
        let tooLarge = APIError(
            status: .contentTooLarge,
            code: "too_large",
            message: "a batch has at most \(BatchesRoute.bytesMax) bytes"
        )
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard declared <= BatchesRoute.bytesMax else { throw tooLarge }
        do {
            let buffer = try await request.body.collect(upTo: BatchesRoute.bytesMax)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }

    private func decode(_ body: [UInt8]) throws -> WireBatch {
        do {
            let batch = try WireBatchDecoder.decode(body)
            guard batch.exporter.id.utf8.count <= BatchesRoute.idBytesMax else {
                throw APIError.badRequest(
                    "bad_batch",
                    "the exporter's id has more than \(BatchesRoute.idBytesMax) bytes"
                )
            }
            return batch
        } catch let error as WireError {
            throw APIError.badRequest("bad_batch", "\(error)")
        }
    }
}
