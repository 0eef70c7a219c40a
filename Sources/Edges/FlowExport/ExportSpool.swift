import Glibc

/// The batches of one exporter as files of one folder, each written whole or not at all.
///
/// A file is named by its batch's number and reports, `01795225062000000001-250.batch`, and holds the batch's bytes.
package final class ExportSpool: Sendable {
    /// Why the folder cannot be used.
    package struct Failure: Error, CustomStringConvertible {
        /// One line that names the folder or file.
        package let description: String
    }

    private static let ending = ".batch"
    private static let sizeMax = 64 << 20

    /// The folder.
    package let folder: String
    private let lock: Int32

    /// Uses a folder, which is created where it is missing; no other exporter may use it.
    package init(folder: String) throws(Failure) {
        self.folder = folder
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw Failure.last("be created", folder) }
        lock = open(folder + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw Failure.last("be used", folder) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw Failure(description: "\(folder) is used by another exporter; name another folder")
        }
    }

    deinit { close(lock) }

    /// What an earlier process left, oldest first; what it did not finish writing is removed.
    package func batches() throws(Failure) -> [(number: UInt64, size: Int, reports: Int)] {
        guard let directory = opendir(folder) else { throw Failure.last("be read", folder) }
        defer { closedir(directory) }
        var batches: [(number: UInt64, size: Int, reports: Int)] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".tmp") { unlink("\(folder)/\(name)") }
            guard name.hasSuffix(ExportSpool.ending) else { continue }
            let parts = name.dropLast(ExportSpool.ending.count).split(separator: "-")
            var status = stat()
            guard parts.count == 2, let number = UInt64(parts[0]), let reports = Int(parts[1]), reports >= 0,
                self.name(number, reports) == name, stat("\(folder)/\(name)", &status) == 0
            else { continue }
            batches.append((number, Int(status.st_size), reports))
        }
        return batches.sorted { $0.number < $1.number }
    }

    /// Writes a batch; it is there whole when this returns.
    func write(_ body: [UInt8], number: UInt64, reports: Int) throws(Failure) {
        let path = "\(folder)/\(name(number, reports))"
        let temporary = path + ".tmp"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure.last("be written", temporary) }
        var done = 0
        while done < body.count {
            let count = body.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + done }, $0.count - done) }
            guard count > 0 || errno == EINTR else { break }
            done += max(0, count)
        }
        guard done == body.count, fsync(file) == 0 else {
            let failure = Failure.last("be written", temporary)
            close(file)
            unlink(temporary)
            throw failure
        }
        close(file)
        guard rename(temporary, path) == 0 else { throw Failure.last("be renamed", temporary) }
    }

    /// The bytes of a batch.
    func read(number: UInt64, reports: Int) throws(Failure) -> [UInt8] {
        let path = "\(folder)/\(name(number, reports))"
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure.last("be read", path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, (0...ExportSpool.sizeMax).contains(Int(status.st_size)) else {
            throw Failure.last("be read", path)
        }
        var body = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < body.count {
            let count = body.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            guard count > 0 || count < 0 && errno == EINTR else { throw Failure.last("be read", path) }
            done += max(0, count)
        }
        return body
    }

    /// Removes a batch; one that is not there is as good as removed.
    func remove(number: UInt64, reports: Int) { unlink("\(folder)/\(name(number, reports))") }

    private func name(_ number: UInt64, _ reports: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, 20 - digits.count)) + digits + "-\(reports)" + ExportSpool.ending
    }
}

extension ExportSpool.Failure {
    fileprivate static func last(_ action: String, _ path: String) -> ExportSpool.Failure {
        ExportSpool.Failure(description: "\(path) cannot \(action): \(String(cString: strerror(errno)))")
    }
}
