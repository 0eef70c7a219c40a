import Glibc

/// Why a file, an interface or a namespace could not be opened for capture.
package struct CaptureError: Error, Hashable, Sendable {
    /// What kind of failure it is.
    package enum Code: Hashable, Sendable {
        /// There is no file of that name.
        case noSuchFile
        /// The file may not be read by this user.
        case permissionDenied
        /// The name is that of a folder.
        case isFolder
        /// The file or stream holds no bytes.
        case empty
        /// A stream is longer than what is read into memory.
        case tooLarge
        /// The process lacks a capability, named here.
        case notPermitted(capability: String)
        /// There is no interface of that name or index.
        case noSuchInterface
        /// No interface was found to capture on.
        case nothingToCapture
        /// libpcap, which compiles filter expressions, cannot be used.
        case noFilterLibrary(reason: String)
        /// The subject is a filter expression that cannot be used.
        case badFilter(reason: String)
        /// The system refused for another reason, which `systemError` holds.
        case system
    }

    /// What kind of failure it is.
    package let code: Code
    /// The file, interface or namespace.
    package let subject: String
    /// What was being done, such as `bind`.
    package let action: String
    /// The errno, or 0.
    package let systemError: Int32

    /// A failure of an action on a subject.
    package init(_ code: Code, subject: String, action: String, systemError: Int32 = 0) {
        self.code = code
        self.subject = subject
        self.action = action
        self.systemError = systemError
    }

    /// The error of the system call that has just failed.
    static func last(_ action: String, on subject: String) -> CaptureError {
        let number = errno
        let code: Code =
            switch number {
            case ENOENT: .noSuchFile
            case EACCES: .permissionDenied
            case ENODEV, ENXIO: .noSuchInterface
            default: .system
            }
        return CaptureError(code, subject: subject, action: action, systemError: number)
    }
}

extension CaptureError: CustomStringConvertible {
    /// A sentence that names the subject, what is wrong and what to do about it.
    package var description: String {
        switch code {
        case .noSuchFile: "\(subject): no such file"
        case .permissionDenied: "\(subject): this user may not read it"
        case .isFolder: "\(subject) is a folder, not a capture file"
        case .empty: "\(subject) is empty"
        case .tooLarge: "\(subject) is longer than what is read into memory: save it to a file first"
        case .notPermitted(let capability):
            """
            capturing on \(subject) needs the capability \(capability): run with sudo, \
            or once `sudo setcap \(CaptureError.capabilities(with: capability))=ep PATH-OF-PODSIGHT`
            """
        case .noSuchInterface: "there is no interface \(subject)"
        case .nothingToCapture: "no interface to capture on: \(subject)"
        case .noFilterLibrary(let reason):
            "a filter needs libpcap (Debian package libpcap0.8), which cannot be opened: \(reason)"
        case .badFilter(let reason): "the filter '\(subject)' cannot be used: \(reason)"
        case .system: "\(subject): \(action) failed: \(String(cString: strerror(systemError)))"
        }
    }

    private static func capabilities(with capability: String) -> String {
        capability == "CAP_NET_RAW" ? "cap_net_raw" : "cap_net_raw,\(capability.lowercased())"
    }
}
