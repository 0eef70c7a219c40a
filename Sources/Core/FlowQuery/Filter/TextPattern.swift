/// What a name is compared with: a whole text, a glob or a regular expression.
struct TextPattern: Sendable, Hashable {
    /// How the source is read.
    enum Form: Sendable, Hashable {
        /// The whole text; `*` stands for any run of characters and `?` for one.
        case whole
        /// Found anywhere in the text; with `*` and `?` as above.
        case part
        /// A regular expression, found anywhere in the text.
        case expression(LinearPattern)
    }

    /// The pattern as written, without quotes.
    let source: String
    let form: Form
    /// Whether ASCII letters of either case are the same.
    let ignoresCase: Bool
    /// Whether the pattern names what contains it too, as `shop/web` does.
    let isQualified: Bool

    private let bytes: [UInt8]
    private let isGlob: Bool

    init(_ source: String, form: Form = .whole, ignoresCase: Bool = false) {
        self.source = source
        self.form = form
        self.ignoresCase = ignoresCase
        let text = Array(source.utf8)
        isQualified = text.contains(UInt8(ascii: "/"))
        isGlob = text.contains(UInt8(ascii: "*")) || text.contains(UInt8(ascii: "?"))
        var bytes = ignoresCase ? text.map(\.lowercasedASCII) : text
        if form == .part { bytes = [UInt8(ascii: "*")] + bytes + [UInt8(ascii: "*")] }
        self.bytes = bytes
    }

    /// The text that alone is matched; `nil` when there may be several.
    var exactText: String? { form == .whole && !isGlob && !ignoresCase ? source : nil }

    /// Whether the text matches.
    func matches(_ text: String) -> Bool {
        if case .expression(let pattern) = form { return pattern.isFound(in: text) }
        if isGlob || form == .part { return matchesGlob(text.utf8) }
        // By bytes, as the filters of stored blocks do, and not by Unicode's canonical equivalence.
        guard text.utf8.count == bytes.count else { return false }
        return ignoresCase
            ? zip(text.utf8, bytes).allSatisfy { $0.lowercasedASCII == $1 } : text.utf8.elementsEqual(bytes)
    }

    /// The usual two-finger walk: on a mismatch, the last star takes one character more.
    private func matchesGlob(_ text: String.UTF8View) -> Bool {
        var place = text.startIndex
        var index = 0
        var star: (index: Int, place: String.Index)?
        while place < text.endIndex {
            if index < bytes.count, bytes[index] == UInt8(ascii: "*") {
                star = (index, place)
                index += 1
            } else if index < bytes.count, bytes[index] == UInt8(ascii: "?") {
                index += 1
                place = TextPattern.afterCharacter(place, in: text)
            } else if index < bytes.count, bytes[index] == folded(text[place]) {
                index += 1
                place = text.index(after: place)
            } else if let last = star {
                let next = text.index(after: last.place)
                star = (last.index, next)
                index = last.index + 1
                place = next
            } else {
                return false
            }
        }
        return bytes[index...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private func folded(_ byte: UInt8) -> UInt8 { ignoresCase ? byte.lowercasedASCII : byte }

    private static func afterCharacter(_ place: String.Index, in text: String.UTF8View) -> String.Index {
        var next = text.index(after: place)
        while next < text.endIndex, text[next] & 0xc0 == 0x80 { next = text.index(after: next) }
        return next
    }
}

extension UInt8 {
    /// The small letter of an ASCII capital; any other byte as it is.
    var lowercasedASCII: UInt8 { (65...90).contains(self) ? self + 32 : self }
}
