import Foundation
import Testing

/// A certificate authority with a server's and a client's certificate, made by openssl for this run.
struct TestCertificates {
    let folder: TemporaryFolder

    /// `nil` where openssl is not installed.
    static let shared: TestCertificates? = {
        // A static value is never released, and so would its folder not be.
        atexit { TestCertificates.shared?.folder.remove() }
        return try? TestCertificates()
    }()

    var authority: String { folder.path + "/ca.crt" }
    var serverCertificate: String { folder.path + "/server.crt" }
    var serverKey: String { folder.path + "/server.key" }
    /// A certificate of a name only, not of the address.
    var namedCertificate: String { folder.path + "/named.crt" }
    var namedKey: String { folder.path + "/named.key" }
    var clientCertificate: String { folder.path + "/client.crt" }
    var clientKey: String { folder.path + "/client.key" }

    private init() throws {
        folder = try TemporaryFolder()
        try folder.write("server.ext", "subjectAltName=IP:127.0.0.1")
        try folder.write("named.ext", "subjectAltName=DNS:kubernetes.default.svc")
        try folder.write("client.ext", "extendedKeyUsage=clientAuth")
        let ec = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        try openssl("req -x509 \(ec) -days 2 -subj /CN=test-ca -keyout ca.key -out ca.crt")
        for (name, subject) in [("server", "/CN=a"), ("named", "/CN=b"), ("client", "/CN=podsight/O=watchers")] {
            try openssl("req \(ec) -subj \(subject) -keyout \(name).key -out \(name).csr")
            try openssl(
                "x509 -req -days 2 -in \(name).csr -CA ca.crt -CAkey ca.key -CAcreateserial "
                    + "-extfile \(name).ext -out \(name).crt"
            )
        }
    }

    private func openssl(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = URL(filePath: folder.path)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.featureUnsupported) }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test where openssl cannot be run, and says so; in CI it runs and fails instead.
    static var needsOpenSSL: Self {
        .enabled(
            if: TestCertificates.shared != nil || ProcessInfo.processInfo.environment["CI"] != nil,
            "skipped: openssl is not installed"
        )
    }
}
