import ClusterModel
import FlowModel
import Glibc
import Synchronization

/// A recording of a cluster that grows in a file; every line in it is whole, whatever happens.
package final class ClusterRecordingFile: Sendable {
    /// What was written so far.
    package struct Progress: Sendable, Equatable {
        /// Objects in lists.
        package var listed = 0
        /// Changes and deletions.
        package var changes = 0
        /// Times in which changes may have been missed.
        package var gaps = 0
        /// Bytes.
        package var bytes = 0
        /// Why nothing more is written.
        package var failure: ClusterFileError?
    }

    private struct State: ~Copyable {
        var writer = RecordingWriter()
        var progress = Progress()
    }

    private let path: String
    private let descriptor: Int32
    private let state = Mutex(State())

    /// Creates the file; `-` is standard output.
    ///
    /// - Throws: `ClusterFileError` where it cannot be made, or is there and may not be replaced.
    package init(path: String, replacing: Bool) throws(ClusterFileError) {
        self.path = path
        guard path != "-" else {
            descriptor = dup(STDOUT_FILENO)
            return
        }
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (replacing ? O_TRUNC : O_EXCL)
        descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else {
            let reason = errno == EEXIST ? "is there already; --force replaces it" : String(cString: strerror(errno))
            throw ClusterFileError(path, errno == EEXIST ? reason : "cannot be created: \(reason)")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What was written so far.
    package var progress: Progress { state.withLock { $0.progress } }

    /// Writes events; nothing more once that has failed.
    package func write(_ events: [ClusterEvent]) {
        state.withLock { state in
            for event in events {
                state.writer.write(event)
                switch event {
                case .listed(_, let objects, _, _): state.progress.listed += objects.count
                case .changed, .deleted: state.progress.changes += 1
                case .gap: state.progress.gaps += 1
                }
            }
            append(state.writer.takeLines(), &state.progress)
        }
    }

    /// Ends the recording.
    package func finish(at time: Timestamp) {
        state.withLock { state in
            state.writer.finish(at: time)
            append(state.writer.takeLines(), &state.progress)
        }
    }

    private func append(_ lines: [UInt8], _ progress: inout Progress) {
        guard progress.failure == nil else { return }
        var done = 0
        while done < lines.count {
            let count = lines.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                progress.failure = ClusterFileError(path, "cannot be written to: \(String(cString: strerror(errno)))")
                // Half a line is no use to a reader; a pipe cannot be cut.
                if done > 0 { ftruncate(descriptor, off_t(progress.bytes)) }
                return
            }
        }
        progress.bytes += lines.count
    }
}
