import Testing

@testable import KubernetesAPI

struct CredentialTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func plugin(_ script: String, environment: [String: String] = [:]) -> ExecPlugin {
        ExecPlugin(
            command: "sh",
            arguments: ["-c", script],
            environment: environment.merging(["FOLDER": folder.path]) { $1 },
            apiVersion: "client.authentication.k8s.io/v1",
            installHint: "get it\nfrom somewhere",
            clusterInfo: nil
        )
    }

    private static let inherited = ["PATH": "/usr/bin:/bin"]

    @Test func `a token file is read again for each request`() async throws {
        let path = try folder.write("token", "one\n")
        let credential = Credential(.file(path))
        #expect(try await credential.token() == "one")
        try folder.write("token", "two\n")
        #expect(try await credential.token() == "two")
        try folder.write("token", " \n")
        await #expect(throws: KubeConfigError.self) { try await credential.token() }
    }

    @Test func `a command runs once and again only when its token is rejected`() async throws {
        let script = """
            echo x >> $FOLDER/runs
            n=$(wc -l < $FOLDER/runs)
            echo "{\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"t$n\\"}}"
            """
        let credential = Credential(.command(plugin(script)))
        let tokens = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<8 { group.addTask { try await credential.token() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(tokens) == ["t1"])
        try await credential.reject("t1")
        try await credential.reject("t1")
        #expect(try await credential.token() == "t2")
    }

    @Test func `a command learns what is asked of it`() throws {
        let script = """
            echo "$KUBERNETES_EXEC_INFO" > $FOLDER/info
            echo "{\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"$PROFILE\\"}}"
            """
        var plugin = plugin(script, environment: ["PROFILE": "lab"])
        plugin.clusterInfo = "{\"server\":\"https://a\"}"
        #expect(try plugin.run(environment: Self.inherited).token == "lab")
        let info = try folder.read("info")
        #expect(
            info == """
                {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false,\
                "cluster":{"server":"https://a"}}}

                """
        )
    }

    @Test(arguments: [
        ("exit 3", "failed with status 3"), ("kill -9 $$", "failed with status 137"),
        ("echo hello", "did not print an ExecCredential"),
        ("echo '{\"kind\":\"ExecCredential\",\"status\":{}}'", "neither a token nor a certificate"),
        ("head -c 2000000 /dev/zero", "more than a credential"),
    ])
    func `a command that gives nothing usable is a clear error`(script: String, why: String) throws {
        let error = #expect(throws: KubeConfigError.self) {
            try plugin(script).run(environment: Self.inherited)
        }
        #expect(error?.reason == .commandFailed)
        #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
    }

    @Test func `a missing command passes on the kubeconfig's own advice`() throws {
        var plugin = plugin("")
        plugin.command = "no-such-credential-command"
        let error = #expect(throws: KubeConfigError.self) { try plugin.run(environment: Self.inherited) }
        #expect(error?.message.contains("cannot be started") == true)
        #expect(error?.message.contains("get it from somewhere") == true)
    }

    @Test func `a command that hangs is ended`() throws {
        let failure = #expect(throws: CommandRun.Failure.self) {
            try CommandRun("sleep", arguments: ["60"], environment: Self.inherited, timeoutSeconds: 0)
        }
        #expect(failure == .timedOut)
    }
}
