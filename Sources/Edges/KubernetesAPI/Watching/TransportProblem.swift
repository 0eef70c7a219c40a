import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL

/// Why no answer, or not the whole of one, came: in words for people.
struct TransportProblem: Sendable, Equatable {
    /// One line, with the next step where there is one.
    let text: String
    /// Whether the server was merely silent for too long.
    let isSilence: Bool

    init(_ error: any Error) {
        isSilence = (error as? HTTPClientError) == .readTimeout
        text = Self.text(of: error)
    }

    private static func text(of error: any Error) -> String {
        switch error {
        case let error as KubeConfigError:
            return error.message
        case let error as HTTPClientError:
            return text(of: error)
        case let error as NIOSSLError:
            return text(of: error)
        case let error as NIOConnectionError:
            if let cause = error.connectionErrors.first?.error { return text(of: cause) }
            return "the name \(error.host) has no address"
        case let error as IOError:
            return error.errnoCode == ECONNREFUSED ? "connection refused" : String(cString: strerror(error.errnoCode))
        case is NIOSSLExtraError:
            return "the server's certificate does not carry the server's name; "
                + "if that is meant, set tls-server-name in the kubeconfig"
        default:
            return "\(error)"
        }
    }

    private static func text(of error: HTTPClientError) -> String {
        switch error {
        case .readTimeout: "the server was silent for too long"
        case .deadlineExceeded: "the server did not answer in time"
        case .connectTimeout: "the server could not be reached in time"
        case .tlsHandshakeTimeout: "TLS did not shake hands in time"
        case .remoteConnectionClosed: "the server closed the connection"
        case .uncleanShutdown: "the connection broke"
        default: error.shortDescription
        }
    }

    private static func text(of error: NIOSSLError) -> String {
        switch error {
        case .handshakeFailed(let cause):
            let detail = "\(cause)"
            if detail.contains("CERTIFICATE_VERIFY_FAILED") {
                return "the server's certificate is not signed by the authority that the kubeconfig names"
            }
            return "TLS handshake failed: \(detail)"
        case .uncleanShutdown:
            return "the connection broke"
        default:
            return "TLS failed: \(error)"
        }
    }
}
