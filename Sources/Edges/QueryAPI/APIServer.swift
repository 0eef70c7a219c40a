import FlowModel
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The HTTP server: the API under `/api/v1`, the live stream, the console, health and metrics.
package struct APIServer: Sendable {
    private let backend: QueryBackend
    private let host: String
    private let port: Int

    /// A server that is not listening yet.
    package init(backend: QueryBackend, host: String, port: Int) {
        self.backend = backend
        self.host = host
        self.port = port
    }

    /// Listens until the task is cancelled; `onListening` is told the port, which matters when 0 was asked for.
    ///
    /// - Throws: `ListenError` where the address cannot be listened on.
    package func run(onListening: @escaping @Sendable (Int) -> Void) async throws {
        // What goes wrong with one connection is its client's to see; listening that fails is thrown.
        var logger = Logger(label: "podsight.api")
        logger.logLevel = .critical
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "podsight"),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
            logger: logger
        )
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListenError(address: "\(host):\(port)", errnoCode: error.errnoCode)
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.add(middleware: HostGuard(boundHost: host))
        router.add(middleware: SecurityHeaders())
        let backend = backend
        let api = router.group("api/v1")
        api.get("status") { _, _ in Response.bytes(backend.status().json(), type: "application/json") }
        api.get("flows") { request, _ in try await answer { try await FlowsRoute(backend).respond(request) } }
        api.get("graph") { request, _ in try await answer { try await GraphRoute(backend).respond(request) } }
        api.get("resolve") { request, _ in try await answer { try ResolveRoute(backend).respond(request) } }
        api.post("resolve") { request, _ in
            try await answer { try await ResolveRoute(backend).respondToMany(request) }
        }
        api.get("events") { request, _ in try await answer { try EventsRoute(backend).respond(request) } }
        api.get("stream") { request, _ in try await answer { try StreamRoute(backend).respond(request) } }
        if let receive = backend.receive {
            let route = BatchesRoute(receive)
            api.post("batches") { request, _ in try await answer { try await route.respond(request) } }
        }
        router.get("livez") { _, _ in Response.bytes(Array("ok\n".utf8), type: "text/plain") }
        router.get("readyz") { _, _ in Response.bytes(Array("ok\n".utf8), type: "text/plain") }
        router.get("version") { _, _ in
            Response.bytes(Array((backend.status().version + "\n").utf8), type: "text/plain")
        }
        router.get("metrics") { _, _ in
            Response.bytes(backend.status().prometheusText(), type: "text/plain; version=0.0.4")
        }
        Console.addRoutes(to: router)
        return router
    }
}

/// The address that was asked for cannot be listened on.
package struct ListenError: Error {
    /// `host:port`.
    package let address: String
    /// The system's error number, such as `EADDRINUSE`.
    package let errnoCode: Int32
}

private func answer(_ body: () async throws -> Response) async throws -> Response {
    do {
        return try await body()
    } catch let error as APIError {
        return error.response
    }
}

/// Refuses requests whose Host is a name that resolves to us without being ours (DNS rebinding).
private struct HostGuard: RouterMiddleware {
    let boundHost: String

    func handle(
        _ request: Request,
        context: BasicRequestContext,
        next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        let isLoopback = boundHost == "localhost" || boundHost.hasPrefix("127.") || boundHost == "::1"
        guard isLoopback, let authority = request.head.authority else {
            return try await next(request, context)
        }
        let name = authority.hasPrefix("[") ? "::1" : authority.prefix { $0 != ":" }
        guard name == "localhost" || name == "::1" || name == boundHost || name.hasPrefix("127.") else {
            let message = "this address is for this machine only; Host \(name) is not it"
            return APIError(status: .forbidden, code: "host", message: message).response
        }
        return try await next(request, context)
    }
}

private struct SecurityHeaders: RouterMiddleware {
    func handle(
        _ request: Request,
        context: BasicRequestContext,
        next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.contentSecurityPolicy] =
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }
}
