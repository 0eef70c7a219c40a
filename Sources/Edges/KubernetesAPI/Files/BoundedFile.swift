import Glibc

/// Reading whole files that may be anything, up to a size.
enum BoundedFile {
    /// Why a file could not be read.
    enum Failure: Error, Equatable {
        case missing
        case isFolder
        case tooLarge(limit: Int)
        case system(String)

        /// What happened, to follow the file's name and "cannot be read: ".
        var text: String {
            switch self {
            case .missing: "no such file"
            case .isFolder: "it is a folder"
            case .tooLarge(let limit): "it is larger than \(limit >> 20) MiB"
            case .system(let text): text
            }
        }
    }

    /// Reads to the end, so that pipes work too; `-` is standard input.
    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT || errno == ENOTDIR ? .missing : .system(String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var information = stat()
        if fstat(descriptor, &information) == 0 {
            guard information.st_mode & S_IFMT != S_IFDIR else { throw .isFolder }
            guard information.st_size <= limit else { throw .tooLarge(limit: limit) }
            bytes.reserveCapacity(Int(information.st_size))
        }
        try readAll(descriptor, into: &bytes, limit: limit)
        return bytes
    }

    private static func readAll(_ descriptor: Int32, into bytes: inout [UInt8], limit: Int) throws(Failure) {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return }
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(String(cString: strerror(errno)))
            }
            guard bytes.count + count <= limit else { throw .tooLarge(limit: limit) }
            bytes.append(contentsOf: chunk[..<count])
        }
    }
}
