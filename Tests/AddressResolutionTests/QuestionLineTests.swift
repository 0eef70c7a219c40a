import AddressResolution
import FlowModel
import NetworkAddressing
import Testing

struct AddressTextTests {
    @Test(arguments: [
        ("172.17.0.9", "172.17.0.9", 0, ""), ("172.17.0.9:8080", "172.17.0.9", 8080, ""),
        ("10.96.0.10:53/udp", "10.96.0.10", 53, "udp"), ("10.96.0.10/tcp", "10.96.0.10", 0, "tcp"),
        ("fd00::9", "fd00::9", 0, ""), ("[fd00::9]:80", "fd00::9", 80, ""), ("[fd00::9]", "fd00::9", 0, ""),
        ("::ffff:172.17.0.8", "::ffff:172.17.0.8", 0, ""), ("0.0.0.0:0", "0.0.0.0", 0, ""),
        ("255.255.255.255:65535/SCTP", "255.255.255.255", 65535, "sctp"),
    ])
    func `an address may have a port and a protocol`(text: String, address: String, port: UInt16, name: String) throws {
        let read = try AddressText(text)
        #expect(read.address == IPAddress(address))
        #expect(read.port == port)
        #expect(read.transport?.name ?? "" == name)
    }

    @Test(arguments: [
        "", "web", "172.17.0", "172.17.0.256", "172.17.0.09", "1.2.3.4.5", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1",
        "1.2.3.4:x", ":80", "1.2.3.4/icmp", "1.2.3.4/", "[fd00::9", "[fd00::9]80", "[fd00::9]:", "fe80::1%eth0",
        "1..2.3", ".1.2.3", "1.2.3.", "::1::", "1.2.3.4:999999999999999999999", String(repeating: "1", count: 200),
    ])
    func `what is no address is refused with the reason`(text: String) {
        let error = #expect(throws: QuestionProblem.self) { try AddressText(text) }
        #expect(error?.description.isEmpty == false)
    }

    @Test func `an IPv4 address that a socket of both families shows is that address`() throws {
        let address = try #require(IPAddress("::ffff:172.17.0.8"))
        let question = AddressQuestion(address: address, time: Timestamp(nanoseconds: 0))
        #expect(question.address == IPAddress("172.17.0.8"))
    }
}

struct QuestionLineTests {
    let now = Timestamp(seconds: 1_795_224_920)
    let other = Timestamp(seconds: 7)

    private func read(_ line: String, _ fields: QuestionFields = QuestionFields()) -> QuestionLine {
        QuestionLine(Array(line.utf8)[...], fields: fields, now: now, otherwise: other)
    }

    private func question(_ line: String, _ fields: QuestionFields = QuestionFields()) throws -> AddressQuestion {
        try read(line, fields).question.get()
    }

    @Test(arguments: [
        "172.17.0.9:80 1795224921", "  172.17.0.9:80\t 1795224921.0 \r", "172.17.0.9:80 2026-11-21T01:35:21Z",
        "172.17.0.9:80 2026-11-21 01:35:21Z", #"{"ip":"172.17.0.9:80","at":1795224921}"#,
        #" {"at":"2026-11-21T01:35:21Z","ip":"172.17.0.9","port":80}"#,
        #"{"ip":"172.17.0.9","port":"80","at":1795224921.0}"#,
        #"{"ip":"::ffff:172.17.0.9","port":80,"at":1795224921000}"#,
    ])
    func `the same question in many forms`(line: String) throws {
        let expected = AddressQuestion(
            address: try #require(IPAddress("172.17.0.9")),
            port: 80,
            time: Timestamp(seconds: 1_795_224_921)
        )
        #expect(try question(line) == expected)
    }

    @Test func `a line without a time means the moment that holds for all`() throws {
        #expect(try question("172.17.0.9").time == other)
        #expect(try question(#"{"ip":"172.17.0.9"}"#).time == other)
        #expect(try question(#"{"ip":"172.17.0.9","at":null}"#).time == other)
        #expect(try question("172.17.0.9 5m").time == now.advanced(by: -300_000_000_000))
    }

    @Test func `fields are named, also within objects`() throws {
        let document =
            #"{"source":{"ip":"172.17.0.9","port":1},"port":7,"#
            + #""event.start":"1795224921","t":1795224921.7016962}"#
        let nested = QuestionFields(address: "source.ip", port: nil, time: "event.start")
        #expect(try question(document, nested).port == 0)
        #expect(try question(document, nested).time == Timestamp(seconds: 1_795_224_921))
        let precise = QuestionFields(address: "source.ip", port: "source.port", time: "t")
        #expect(try question(document, precise).port == 1)
        #expect(try question(document, precise).time.nanoseconds == 1_795_224_921_701_696_200)
        #expect(read(document, precise).text == "172.17.0.9:1")
    }

    @Test(arguments: [
        "", "   ", "hello", "172.17.0.9 noon", "172.17.0.9:80 5m 7m", "{", #"{"ip":5}"#, #"{"ip":"x"}"#, #"{"at":5}"#,
        #"{"ip":"172.17.0.9","at":true}"#, #"{"ip":"172.17.0.9","port":70000}"#, #"{"ip":"172.17.0.9"} 5"#,
        "\u{0}\u{1}", "172.17.0.9,80", "172.17.0.9 \u{0}",
    ])
    func `a line that is no question says why`(line: String) {
        let error = #expect(throws: QuestionProblem.self) { try question(line) }
        #expect(error?.description.isEmpty == false)
    }

    @Test func `a time that must be there and is not is a mistake`() {
        let fields = QuestionFields(address: nil, port: nil, time: "t")
        #expect(throws: QuestionProblem("the line has no field t")) { try question(#"{"ip":"172.17.0.9"}"#, fields) }
    }

    @Test func `the echo of a question is bounded and valid text`() {
        #expect(read("172.17.0.9:80 5m").text == "172.17.0.9:80")
        #expect(read(String(repeating: "é", count: 5_000)).text.utf8.count < 300)
        let line = QuestionLine([0xff, 0xfe][...], fields: QuestionFields(), now: now, otherwise: other)
        #expect(line.text == "\u{fffd}\u{fffd}")
    }
}
