import Glibc

/// Holds a store's lock file for as long as it lives; the kernel lets go of it when the process dies.
final class StoreLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock at once or not at all.
    init(path: String, storePath: String) throws(FlowStoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let code: FlowStoreError.Code = [EACCES, EROFS, EPERM].contains(errno) ? .readOnly : .cannotOpen
            throw FlowStoreError(code: code, message: "\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw FlowStoreError(code: .inUse, message: "\(storePath) is in use by another process")
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
