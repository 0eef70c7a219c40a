/// What is wrong with a cluster configuration: where, and what to do about it.
package struct KubeConfigError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The ways in which a configuration can be wrong.
    package enum Reason: Sendable, Equatable {
        case fileMissing
        case fileUnreadable
        case notKubeConfig
        case contextMissing
        case clusterMissing
        case userMissing
        case serverMissing
        case badBase64
        case badCertificate
        case badKey
        case badProxy
        case certificateWithoutKey
        case tokenMissing
        case unsupported
        case commandFailed
    }

    /// Which of them it is.
    package let reason: Reason
    /// The file at fault; empty where no file is.
    package let file: String
    /// One sentence that names the file, the entry and the next step.
    package let message: String

    init(_ reason: Reason, file: String, _ message: String) {
        self.reason = reason
        self.file = file
        self.message = message
    }

    /// The message.
    package var description: String { message }
}
