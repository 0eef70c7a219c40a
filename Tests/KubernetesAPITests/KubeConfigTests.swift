import Foundation
import Testing

@testable import KubernetesAPI

struct KubeConfigTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func discover(
        _ environment: [String: String] = [:],
        explicitPath: String? = nil,
        context: String? = nil
    ) throws -> KubeConfig? {
        try KubeConfig.discover(
            environment: environment,
            home: folder.path + "/home",
            explicitPath: explicitPath,
            context: context,
            serviceAccountFolder: folder.path + "/serviceaccount"
        )
    }

    private func error(_ text: String, context: String? = nil) throws -> KubeConfigError? {
        let path = try folder.write("config", text)
        return #expect(throws: KubeConfigError.self) { try discover(explicitPath: path, context: context) }
    }

    private static func kubeconfig(
        cluster: String = "server: https://10.0.0.1:6443",
        user: String = "token: secret"
    ) -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: lab
        contexts:
        - name: lab
          context: {cluster: c, user: u, namespace: shop}
        clusters:
        - name: c
          cluster: {\(cluster)}
        users:
        - name: u
          user: {\(user)}
        """
    }

    @Test func `nothing anywhere is no configuration`() throws {
        #expect(try discover() == nil)
        #expect(try discover(["KUBERNETES_SERVICE_HOST": "10.96.0.1"]) == nil)
    }

    @Test func `the current context gives server, token and namespace`() throws {
        let path = try folder.write("config", Self.kubeconfig(cluster: "server: 'https://10.0.0.1:6443/'"))
        let config = try #require(try discover(explicitPath: path))
        #expect(config.server == "https://10.0.0.1:6443")
        #expect(config.token == .fixed("secret"))
        #expect(config.trust == .system)
        #expect(config.namespace == "shop")
        #expect(config.description == "kubeconfig lab (https://10.0.0.1:6443)")
        #expect(config.source == .files([path]))
    }

    @Test(.needsOpenSSL)
    func `the explicit path goes before KUBECONFIG, that before the home folder, that before the pod`() throws {
        func write(_ name: String, _ server: String) throws -> String {
            try folder.write(name, Self.kubeconfig(cluster: "server: https://\(server)"))
        }
        let explicit = try write("explicit", "explicit")
        let variable = try write("variable", "variable")
        try folder.write("serviceaccount/token", "t")
        try folder.write("serviceaccount/ca.crt", try #require(TestCertificates.shared).folder.read("ca.crt"))
        let pod = ["KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"]
        #expect(try discover(pod)?.server == "https://10.96.0.1:443")
        _ = try write("home/.kube/config", "home")
        #expect(try discover(pod)?.server == "https://home")
        let all = pod.merging(["KUBECONFIG": variable]) { $1 }
        #expect(try discover(all)?.server == "https://variable")
        #expect(try discover(all, explicitPath: explicit)?.server == "https://explicit")
    }

    @Test func `a home kubeconfig emptied by its tool counts as none`() throws {
        try folder.write("home/.kube/config", "apiVersion: v1\nclusters: null\ncontexts: null\ncurrent-context: \"\"\n")
        #expect(try discover() == nil)
    }

    @Test func `of several files the first that names a thing wins and missing ones are passed over`() throws {
        let first = try folder.write(
            "first",
            """
            clusters: [{name: c, cluster: {server: https://first}}]
            contexts: [{name: other, context: {cluster: d, user: u}}]
            """
        )
        let second = try folder.write(
            "second",
            """
            current-context: lab
            clusters: [{name: c, cluster: {server: https://second}}, {name: d, cluster: {server: https://d}}]
            contexts: [{name: lab, context: {cluster: c, user: u}}]
            users: [{name: u, user: {tokenFile: sub/token}}]
            """
        )
        try folder.write("sub/token", "from-file\n")
        let environment = ["KUBECONFIG": "\(first):\(folder.path)/absent:\(second)"]
        let config = try #require(try discover(environment))
        #expect(config.context == "lab")
        #expect(config.server == "https://first")
        #expect(config.token == .file(folder.path + "/sub/token"))
        #expect(try discover(environment, context: "other")?.server == "https://d")
    }

    @Test func `KUBECONFIG that names only missing files is an error that names them`() throws {
        let error = #expect(throws: KubeConfigError.self) { try discover(["KUBECONFIG": "/nowhere/a:/nowhere/b"]) }
        #expect(error?.reason == .fileMissing)
        #expect(error?.message.contains("/nowhere/a, /nowhere/b") == true)
    }

    @Test func `a missing explicit file is an error`() throws {
        let error = #expect(throws: KubeConfigError.self) { try discover(explicitPath: "/nowhere/config") }
        #expect(error?.reason == .fileMissing)
        #expect(error?.message.contains("/nowhere/config does not exist") == true)
    }

    @Test(arguments: [
        ("", "it is empty"), ("plain text", "its top level is not a mapping"), ("[1, 2]", "not a mapping"),
        ("a: [", "line "), ("replicas: 3", "it has none of these"), ("a: \u{0}", "it is not text"),
    ])
    func `what is no kubeconfig is refused in one line`(text: String, why: String) throws {
        let error = try error(text)
        #expect(error?.reason == .notKubeConfig)
        #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("\n") == false)
        #expect(error?.file == folder.path + "/config")
    }

    @Test func `a missing context, cluster or user is named with what there is`() throws {
        let base = Self.kubeconfig()
        let context = try error(base, context: "prod")
        #expect(context?.reason == .contextMissing)
        #expect(context?.message.contains("no context prod") == true)
        #expect(context?.message.contains("it has lab") == true)
        let none = try error(base.replacing("current-context: lab", with: ""))
        #expect(none?.reason == .contextMissing)
        let cluster = try error(base.replacing("cluster: c,", with: "cluster: gone,"))
        #expect(cluster?.reason == .clusterMissing)
        #expect(cluster?.message.contains("wants cluster gone") == true)
        let user = try error(base.replacing("user: u,", with: "user: gone,"))
        #expect(user?.reason == .userMissing)
        #expect(user?.message.contains("wants user gone") == true)
    }

    @Test(arguments: [
        ("", KubeConfigError.Reason.serverMissing), ("server: 10.0.0.1", .serverMissing),
        ("server: 'https://'", .serverMissing), ("server: https://a, proxy-url: 'ftp://b'", .badProxy),
        ("server: http://10.0.0.1", .unsupported),
        ("server: https://a, certificate-authority-data: '%%%'", .badBase64),
        ("server: https://a, certificate-authority-data: aGVsbG8=", .badCertificate),
        ("server: https://a, certificate-authority: absent.crt", .fileUnreadable),
    ])
    func `each fault of a cluster has its own reason`(fields: String, reason: KubeConfigError.Reason) throws {
        let error = try error(Self.kubeconfig(cluster: fields))
        #expect(error?.reason == reason)
        #expect(error?.message.contains(folder.path) == true)
    }

    @Test(arguments: [
        ("tokenFile: absent", KubeConfigError.Reason.tokenMissing), ("token: 'two words'", .tokenMissing),
        ("client-certificate-data: '!'", .badBase64), ("client-key: absent.key", .fileUnreadable),
        ("client-certificate-data: aGVsbG8=", .certificateWithoutKey),
        ("client-certificate-data: aGVsbG8=, client-key-data: aGVsbG8=", .badCertificate),
        ("auth-provider: {name: gcp}", .unsupported), ("username: a, password: b", .unsupported),
        ("as: admin", .unsupported), ("exec: {command: x}", .unsupported),
        ("exec: {apiVersion: client.authentication.k8s.io/v1}", .unsupported),
        ("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}", .unsupported),
    ])
    func `each fault of a user has its own reason`(fields: String, reason: KubeConfigError.Reason) throws {
        let error = try error(Self.kubeconfig(user: fields))
        #expect(error?.reason == reason)
        #expect(error?.message.contains(folder.path) == true)
    }

    @Test(.needsOpenSSL) func `certificates come from data or from files beside the kubeconfig`() throws {
        let certificates = try #require(TestCertificates.shared)
        for name in ["ca.crt", "client.crt", "client.key"] { try folder.write(name, certificates.folder.read(name)) }
        func base64(_ name: String) throws -> String { Data(try folder.read(name).utf8).base64EncodedString() }
        let files = try folder.write(
            "files",
            Self.kubeconfig(
                cluster: "server: https://a, certificate-authority: ca.crt, tls-server-name: b",
                user: "client-certificate: client.crt, client-key: ./client.key"
            )
        )
        let data = try folder.write(
            "data",
            Self.kubeconfig(
                cluster: "server: https://a, certificate-authority-data: \(base64("ca.crt")), tls-server-name: b",
                user: "client-certificate-data: \(base64("client.crt")), client-key-data: \(base64("client.key"))"
            )
        )
        var one = try #require(try discover(explicitPath: files))
        let other = try #require(try discover(explicitPath: data))
        #expect(one.trust == .authorities(Array(try folder.read("ca.crt").utf8)))
        #expect(one.serverName == "b")
        #expect(one.clientCertificate?.key == Array(try folder.read("client.key").utf8))
        one.source = other.source
        #expect(one == other)
        let wrongKey = try error(
            Self.kubeconfig(user: "client-certificate: client.crt, client-key: client.crt")
        )
        #expect(wrongKey?.reason == .badKey)
    }

    @Test func `insecure-skip-tls-verify goes before an authority`() throws {
        let path = try folder.write(
            "config",
            Self.kubeconfig(
                cluster: "server: https://a, insecure-skip-tls-verify: true, certificate-authority: absent"
            )
        )
        #expect(try discover(explicitPath: path)?.trust == .anything)
    }

    @Test(.needsOpenSSL) func `a pod's service account is used, with an IPv6 host in brackets`() throws {
        try folder.write("serviceaccount/token", "abc\n")
        try folder.write("serviceaccount/namespace", "monitoring\n")
        let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
        let missing = #expect(throws: KubeConfigError.self) { try discover(environment) }
        #expect(missing?.reason == .fileUnreadable)
        try folder.write("serviceaccount/ca.crt", try #require(TestCertificates.shared).folder.read("ca.crt"))
        let config = try #require(try discover(environment))
        #expect(config.server == "https://[fd00::1]:443")
        #expect(config.namespace == "monitoring")
        #expect(config.token == .file(folder.path + "/serviceaccount/token"))
        #expect(config.description == "service account (https://[fd00::1]:443)")
    }
}
