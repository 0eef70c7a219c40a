import Glibc

/// The bytes of a capture file, mapped into memory; those of a pipe or of standard input, read into it.
///
/// A file that another process shortens while it is mapped ends this process (SIGBUS), as with every mapping.
package final class MappedFile: Sendable {
    /// The longest pipe that is read, in bytes.
    package static let longestStream = 4 << 30

    private enum Storage {
        case mapped, allocated
    }

    /// The path it was opened by.
    package let path: String
    // SAFETY: written once in init, read-only memory until deinit.
    private nonisolated(unsafe) let storage: UnsafeRawBufferPointer
    private let kind: Storage

    /// All of the bytes, never empty; valid as long as this object.
    package var bytes: UnsafeRawBufferPointer { storage }

    /// Opens the file at a path; `-` stands for standard input.
    package init(path: String) throws(CaptureError) {
        self.path = path == "-" ? "standard input" : path
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CaptureError.last("open", on: self.path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw CaptureError.last("fstat", on: self.path) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: throw CaptureError(.isFolder, subject: self.path, action: "open")
        case S_IFREG where path != "-":
            kind = .mapped
            storage = try MappedFile.map(descriptor, length: Int(status.st_size), path: self.path)
        default:
            kind = .allocated
            storage = try MappedFile.readAll(descriptor, path: self.path)
        }
    }

    deinit {
        switch kind {
        case .mapped: munmap(UnsafeMutableRawPointer(mutating: storage.baseAddress), storage.count)
        case .allocated: storage.deallocate()
        }
    }

    private static func map(
        _ descriptor: Int32,
        length: Int,
        path: String
    ) throws(CaptureError) -> UnsafeRawBufferPointer {
        guard length > 0 else { throw CaptureError(.empty, subject: path, action: "map") }
        guard let address = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0), address != mapFailed else {
            throw CaptureError.last("mmap", on: path)
        }
        madvise(address, length, MADV_SEQUENTIAL)
        return UnsafeRawBufferPointer(start: address, count: length)
    }

    private static func readAll(
        _ descriptor: Int32,
        path: String
    ) throws(CaptureError) -> UnsafeRawBufferPointer {
        var capacity = 1 << 20
        var count = 0
        guard var buffer = malloc(capacity) else { throw CaptureError.last("malloc", on: path) }
        var failure: CaptureError?
        while failure == nil {
            if count == capacity {
                capacity *= 2
                guard capacity <= longestStream, let larger = realloc(buffer, capacity) else {
                    failure = CaptureError(.tooLarge, subject: path, action: "read")
                    break
                }
                buffer = larger
            }
            let received = read(descriptor, buffer + count, capacity - count)
            if received > 0 {
                count += received
            } else if received == 0 {
                break
            } else if errno != EINTR {
                failure = CaptureError.last("read", on: path)
            }
        }
        if failure == nil, count == 0 { failure = CaptureError(.empty, subject: path, action: "read") }
        if let failure {
            free(buffer)
            throw failure
        }
        return UnsafeRawBufferPointer(start: buffer, count: count)
    }
}

/// What mmap returns on failure; the macro is not importable.
var mapFailed: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: -1) }
