import Testing

@testable import FlowQuery

@Suite struct LinearPatternTests {
    @Test func `agrees with the standard library's expressions`() throws {
        var random = SeededGenerator(seed: 3)
        let pieces = [
            "a", "b", "-", ".", "[ab]", "[^a]", "[a-c-]", "\\d", "\\w", "\\s", "\\D", "\\W", "(a|b)", "(?:ab|)", "(b-)",
            "x", "1", "\\.", "[\\d_]", "(a*b|c)",
        ]
        let quantifiers = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"]
        let letters = Array("aabbc-._1x \u{e9}")
        var found = 0
        for _ in 0..<1500 {
            var pattern = Bool.random(using: &random) && Bool.random(using: &random) ? "^" : ""
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                pattern +=
                    (pieces.randomElement(using: &random) ?? "") + (quantifiers.randomElement(using: &random) ?? "")
                if Int.random(in: 0..<6, using: &random) == 0 { pattern += "|" }
            }
            if Int.random(in: 0..<4, using: &random) == 0 { pattern += "$" }
            let ours = try LinearPattern(pattern)
            let oracle = try Regex(pattern).asciiOnlyCharacterClasses()
            for _ in 0..<5 {
                let text = String(
                    (0..<Int.random(in: 0...7, using: &random)).compactMap { _ in letters.randomElement(using: &random)
                    }
                )
                let expected = try oracle.firstMatch(in: text) != nil
                if expected { found += 1 }
                #expect(ours.isFound(in: text) == expected, "\(pattern) in \(text)")
            }
        }
        #expect(found > 500)
    }

    @Test func `knows word boundaries and ignores case on demand`() throws {
        #expect(try LinearPattern("\\bweb\\b").isFound(in: "my-web-1"))
        #expect(try !LinearPattern("\\bweb\\b").isFound(in: "myweb1"))
        #expect(try LinearPattern("\\Bweb").isFound(in: "myweb"))
        #expect(try LinearPattern("(?i)^WEB[a-c]$").isFound(in: "webB"))
        #expect(try LinearPattern("").isFound(in: ""))
    }

    @Test func `takes no longer for a pattern that makes others backtrack`() throws {
        let text = String(repeating: "a", count: 2000)
        #expect(try !LinearPattern("^(a+)+b").isFound(in: text))
        #expect(try !LinearPattern("(a|aa|a?)*(a*)*$b").isFound(in: text))
    }
}
