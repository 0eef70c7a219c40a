import JSONText

/// The words of a refusal: those of a Kubernetes Status, or the body itself where it is plain text.
enum StatusMessage {
    private static let lengthMax = 300

    /// One line; empty where the body says nothing that can be read.
    static func text(of body: [UInt8]) -> String {
        if let status = try? JSONValue.parse(body) {
            return oneLine(status["message"]?.text ?? status["reason"]?.text ?? "")
        }
        guard let text = String(validating: body, as: UTF8.self) else { return "" }
        return oneLine(text)
    }

    private static func oneLine(_ text: String) -> String {
        let words = text.split { $0.isWhitespace || $0.unicodeScalars.contains { $0.value < 0x20 } }
        return String(words.joined(separator: " ").prefix(lengthMax))
    }
}
