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
        var text = text
        if isGlob || form == .part { return text.withUTF8 { matchesGlob($0) } }
        // By bytes, as the filters of stored blocks do, and not by Unicode's canonical equivalence.
        guard text.utf8.count == bytes.count else { return false }
        return ignoresCase
            ? zip(text.utf8, bytes).allSatisfy { $0.lowercasedASCII == $1 } : text.utf8.elementsEqual(bytes)
    }

    /// The usual two-finger walk: on a mismatch, the last star takes one byte more.
    private func matchesGlob(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var place = 0
        var index = 0
        var star: (index: Int, place: Int)?
        while place < text.count {
            let next = index < bytes.count ? bytes[index] : 0
            if next == UInt8(ascii: "*") {
                star = (index, place)
                index += 1
            } else if next == UInt8(ascii: "?") {
                index += 1
                place += 1
                // The rest of a character of several bytes.
                while place < text.count, text[place] & 0xc0 == 0x80 { place += 1 }
            } else if index < bytes.count, next == (ignoresCase ? text[place].lowercasedASCII : text[place]) {
                index += 1
                place += 1
            } else if let last = star {
                star = (last.index, last.place + 1)
                index = last.index + 1
                place = last.place + 1
            } else {
                return false
            }
        }
        return bytes[index...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension UInt8 {
    /// The small letter of an ASCII capital; any other byte as it is.
    var lowercasedASCII: UInt8 { (65...90).contains(self) ? self + 32 : self }
}
