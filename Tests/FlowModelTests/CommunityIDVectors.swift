import Foundation
import TestSupport

/// One line of `data/community-id`; ports keep whatever JSON type they have, because the error vectors use that.
struct CommunityIDVector {
    let file: String
    let line: Int
    let fields: [String: Any]

    static func load(_ file: String) throws -> [CommunityIDVector] {
        try SharedData.lines("community-id/\(file)").enumerated().map { index, line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return CommunityIDVector(file: file, line: index + 1, fields: object as? [String: Any] ?? [:])
        }
    }

    func text(_ key: String) -> String? { fields[key] as? String }
    func number(_ key: String) -> Int? { fields[key] as? Int }
    var label: String { "\(file):\(line)" }
}
