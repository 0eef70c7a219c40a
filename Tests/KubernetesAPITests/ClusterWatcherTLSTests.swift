import ClusterModel
import NIOSSL
import Testing

@testable import KubernetesAPI

struct ClusterWatcherTLSTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A server that asks for a client certificate and serves one pod.
    private func server(certificate: String, key: String, authority: String) async throws -> ScriptedServer {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        )
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .file(authority)
        return try await ScriptedServer(tls: try NIOSSLContext(configuration: tls)) { request, _ in
            let pod = "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"11\"}}"
            return request.isWatch
                ? .init(chunks: ["{\"type\":\"ADDED\",\"object\":\(pod)}\n"], end: .open)
                : .init(chunks: ["{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[]}"])
        }
    }

    /// What the watcher says after the first change or the second error.
    private func outcome(
        _ server: ScriptedServer,
        _ certificates: TestCertificates,
        cluster: String,
        user: String = "client-certificate: client.crt, client-key: client.key"
    ) async throws -> String {
        for name in ["ca.crt", "client.crt", "client.key"] { try folder.write(name, certificates.folder.read(name)) }
        let path = try folder.write(
            "kubeconfig",
            """
            current-context: tls
            contexts: [{name: tls, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "https://127.0.0.1:\(server.port)", \(cluster)}}]
            users: [{name: u, user: {\(user)}}]
            """
        )
        let config = try #require(try KubeConfig.discover(environment: [:], home: nil, explicitPath: path))
        var options = ClusterWatcher.Options()
        options.kinds = [.pod]
        options.sleep = { _ in }
        let collector = EventCollector()
        let watcher = ClusterWatcher(config, options: options) { collector.take($0) }
        await collector.run(watcher) { collector.summary.contains("changed a") || watcher.status.errors >= 2 }
        return collector.summary.contains("changed a") ? "connected" : watcher.status.message
    }

    @Test(.needsOpenSSL) func `a server of the kubeconfig's authority is believed, with our certificate`() async throws
    {
        let certificates = try #require(TestCertificates.shared)
        let server = try await server(
            certificate: certificates.serverCertificate,
            key: certificates.serverKey,
            authority: certificates.authority
        )
        func outcome(_ cluster: String, _ user: String? = nil) async throws -> String {
            if let user { return try await self.outcome(server, certificates, cluster: cluster, user: user) }
            return try await self.outcome(server, certificates, cluster: cluster)
        }
        #expect(try await outcome("certificate-authority: ca.crt") == "connected")
        #expect(try await outcome("insecure-skip-tls-verify: true") == "connected")
        let unknown = try await outcome("namespace: none")
        #expect(unknown.contains("not signed by the authority that the kubeconfig names"), "\(unknown)")
        let nobody = try await outcome("certificate-authority: ca.crt", "token: secret")
        #expect(nobody.contains("; Pod: "), "\(nobody)")
        try await server.stop()
    }

    @Test(.needsOpenSSL) func `tls-server-name is the name that the certificate must carry`() async throws {
        let certificates = try #require(TestCertificates.shared)
        let server = try await server(
            certificate: certificates.namedCertificate,
            key: certificates.namedKey,
            authority: certificates.authority
        )
        for (name, isRight) in [
            ("", false), (", tls-server-name: kubernetes.default.svc", true),
            (", tls-server-name: other.example", false),
        ] {
            let outcome = try await outcome(server, certificates, cluster: "certificate-authority: ca.crt" + name)
            #expect((outcome == "connected") == isRight, "\(outcome)")
            #expect(isRight || outcome.contains("does not carry the server's name"), "\(outcome)")
        }
        try await server.stop()
    }
}
