import GRDB

/// Why the store could not do what it was asked to.
package struct FlowStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is; more may be added.
    package struct Code: Sendable, Hashable {
        private enum Kind: Sendable, Hashable {
            case notADatabase, notAStore, newerVersion, readOnly, full, inUse, corrupt, cannotOpen, failed
        }

        private let kind: Kind

        /// The file is not a SQLite database.
        package static let notADatabase = Code(kind: .notADatabase)
        /// The file is a database of another program.
        package static let notAStore = Code(kind: .notAStore)
        /// A newer version of this program wrote the file.
        package static let newerVersion = Code(kind: .newerVersion)
        /// The file or its folder cannot be written to.
        package static let readOnly = Code(kind: .readOnly)
        /// There is no space left; what was to be written was not, all else is as before.
        package static let full = Code(kind: .full)
        /// Another process has the store open, or holds a lock on it.
        package static let inUse = Code(kind: .inUse)
        /// The file's contents contradict themselves.
        package static let corrupt = Code(kind: .corrupt)
        /// The file cannot be created or opened.
        package static let cannotOpen = Code(kind: .cannotOpen)
        /// Anything else, such as a failing disk.
        package static let failed = Code(kind: .failed)
    }

    /// The kind of failure.
    package let code: Code
    /// What happened to which file, and what to do, for people.
    package let message: String

    /// A failure with its message.
    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    package var description: String { message }
}

extension FlowStoreError {
    /// What an error of the database means for the store at a path.
    init(_ error: any Error, path: String) {
        if let error = error as? FlowStoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(code: .failed, message: "\(path): \(error)")
            return
        }
        let detail = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_NOTADB:
            self.init(code: .notADatabase, message: "\(path) is not a database; name another file or move it away")
        case .SQLITE_CORRUPT:
            self.init(code: .corrupt, message: "\(path) is damaged (\(detail)); move it away to start anew")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(code: .readOnly, message: "\(path) cannot be written to (\(detail))")
        case .SQLITE_FULL:
            self.init(code: .full, message: "no space left for \(path)")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(code: .inUse, message: "\(path) is locked by another process")
        case .SQLITE_CANTOPEN:
            self.init(code: .cannotOpen, message: "\(path) cannot be opened (\(detail))")
        default:
            self.init(code: .failed, message: "\(path): \(detail)")
        }
    }
}
