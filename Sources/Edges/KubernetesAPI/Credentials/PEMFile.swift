import FoundationEssentials
import NIOSSL

/// Certificates and keys in PEM, checked where they are read so that the error can name the file.
enum PEMFile {
    private static let sizeMax = 4 << 20

    /// The bytes of a file that something in a kubeconfig names.
    static func read(_ path: String, for user: String) throws(KubeConfigError) -> [UInt8] {
        do throws(BoundedFile.Failure) {
            return try BoundedFile.read(path, limit: sizeMax)
        } catch {
            throw KubeConfigError(
                .fileUnreadable,
                file: path,
                "\(path), named by \(user), cannot be read: \(error.text)"
            )
        }
    }

    /// The bytes of a file of certificates.
    static func certificates(_ path: String, for user: String) throws(KubeConfigError) -> [UInt8] {
        try checkCertificates(read(path, for: user), what: "the certificate authority of \(user)", file: path)
    }

    /// The bytes behind base64 text; line breaks in it are allowed.
    static func decode(base64 text: String, what: String, file: String) throws(KubeConfigError) -> [UInt8] {
        guard let data = Data(base64Encoded: text.filter { !$0.isWhitespace }), !data.isEmpty else {
            throw KubeConfigError(.badBase64, file: file, "\(file): \(what) is not base64")
        }
        return Array(data)
    }

    /// The bytes, if they hold at least one readable certificate.
    static func checkCertificates(
        _ bytes: [UInt8],
        what: String,
        file: String
    ) throws(KubeConfigError) -> [UInt8] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw KubeConfigError(
                .badCertificate,
                file: file,
                "\(file): \(what) holds no readable certificate; expected PEM (-----BEGIN CERTIFICATE-----)"
            )
        }
        return bytes
    }

    /// The bytes, if they hold a readable private key without a passphrase.
    static func checkKey(_ bytes: [UInt8], what: String, file: String) throws(KubeConfigError) -> [UInt8] {
        guard (try? NIOSSLPrivateKey(bytes: bytes, format: .pem)) != nil else {
            throw KubeConfigError(
                .badKey,
                file: file,
                "\(file): \(what) holds no readable private key; expected PEM without a passphrase"
            )
        }
        return bytes
    }
}
