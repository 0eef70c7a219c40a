import FlowQuery
import HTTPTypes
import Hummingbird
import JSONText

/// An answer that says what was wrong with the question, in one JSON shape.
struct APIError: Error {
    let status: HTTPResponse.Status
    let code: String
    let message: String
    var column: Int?
    var suggestion: String?

    static func badRequest(_ code: String, _ message: String) -> APIError {
        APIError(status: .badRequest, code: code, message: message)
    }

    var response: Response {
        var json = JSONWriter()
        json.beginObject()
        json.key("error")
        json.beginObject()
        json.key("code")
        json.string(code)
        json.key("message")
        json.string(message)
        if let column {
            json.key("column")
            json.int(Int64(column))
        }
        if let suggestion {
            json.key("suggestion")
            json.string(suggestion)
        }
        json.endObject()
        json.endObject()
        return .bytes(json.bytes, type: "application/json", status: status)
    }
}

extension Response {
    /// A whole body at once, never cached: what we say is about now.
    static func bytes(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}
