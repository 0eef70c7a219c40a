import FlowModel

/// The numbers of enumerations that have none of their own.
enum WireCode {
    static func of(_ reason: LossRecord.Reason) -> UInt32 {
        switch reason {
        case .ringFull: 1
        case .malformed: 2
        case .exportDropped: 3
        }
    }

    static func lossReason(_ code: UInt64) -> LossRecord.Reason? {
        LossRecord.Reason.allCases.first { UInt64(of($0)) == code }
    }
}
