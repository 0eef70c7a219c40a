import CConsole
import HTTPTypes
import Hummingbird

/// The web console, embedded in the executable.
enum Console {
    private static let missing = """
        <!doctype html><html lang="en"><title>Podsight</title><h1>Podsight</h1>
        <p>The web console was not built into this executable. Run <code>make web</code> and build again.
        The API is at <a href="/api/v1/status">/api/v1</a>.</p></html>
        """

    private static let types = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8", "txt": "text/plain; charset=utf-8",
    ]

    /// Each embedded file by its path.
    private static let files: [String: [UInt8]] = {
        var files: [String: [UInt8]] = [:]
        var file = cconsole_files()
        while let entry = file?.pointee, let path = entry.path {
            files[String(cString: path)] = Array(UnsafeBufferPointer(start: entry.bytes, count: entry.count))
            file = file?.successor()
        }
        return files
    }()

    static func addRoutes(to router: Router<BasicRequestContext>) {
        for (path, bytes) in files where path != "/index.html" {
            let type = types[String(path.split(separator: ".").last ?? "")] ?? "application/octet-stream"
            router.get(RouterPath(path)) { _, _ in Response.bytes(bytes, type: type) }
        }
        router.get("/") { _, _ in
            Response.bytes(files["/index.html"] ?? Array(missing.utf8), type: "text/html; charset=utf-8")
        }
    }
}
