import FlowModel
import NetworkAddressing
import TestSupport
import Testing

struct CommunityIDTests {
    @Test(
        .needsSharedData,
        arguments: [
            "01-spec-tables.jsonl", "02-spec-baseline-json.jsonl", "03-pycommunityid-tests.jsonl",
            "08-derived-edges.jsonl",
        ]
    )
    func `equals the reference`(file: String) throws {
        let vectors = try CommunityIDVector.load(file)
        #expect(!vectors.isEmpty)
        for vector in vectors {
            let expected = try #require(vector.text("id"))
            let seed = UInt16(try #require(vector.number("seed")))
            let input = try CommunityIDInput(
                transport: vector.number("proto"),
                source: vector.text("src"),
                destination: vector.text("dst"),
                sourcePort: vector.number("sport"),
                destinationPort: vector.number("dport")
            )
            let isHex = vector.text("encoding") == "hex"
            #expect((isHex ? input.hexText(seed: seed) : input.text(seed: seed)) == expected, "\(vector.label)")
            // The typed form agrees wherever ports were given exactly where the protocol has them.
            let hasPorts = input.transport.hasPorts || input.transport.isICMP
            guard hasPorts == (vector.number("sport") != nil) else { continue }
            let typed = (input.transport, input.source, input.destination)
            let text =
                isHex
                ? CommunityID.hexText(
                    transport: typed.0,
                    source: typed.1,
                    destination: typed.2,
                    seed: seed
                )
                : CommunityID.text(transport: typed.0, source: typed.1, destination: typed.2, seed: seed)
            #expect(text == expected, "\(vector.label)")
        }
    }

    @Test(.needsSharedData)
    func `rejects what the reference rejects`() throws {
        for vector in try CommunityIDVector.load("03-pycommunityid-errors.jsonl") {
            #expect(throws: CommunityIDError.self, "\(vector.label)") {
                try CommunityIDInput(
                    transport: vector.number("proto"),
                    source: vector.text("src"),
                    destination: vector.text("dst"),
                    sourcePort: vector.number("sport"),
                    destinationPort: vector.number("dport")
                )
            }
        }
    }

    @Test(arguments: [
        (256, "1.2.3.4", "5.6.7.8", 1, 2), (-1, "1.2.3.4", "5.6.7.8", 1, 2),
        (6, "1.2.3.4", "5.6.7.8", 65536, 2), (6, "1.2.3.4", "5.6.7.8", 1, -1),
        (6, "1.2.3.4", "::1", 1, 2), (6, "1.2.3", "5.6.7.8", 1, 2), (6, "", "5.6.7.8", 1, 2),
    ])
    func `rejects numbers and addresses out of range`(input: (Int, String, String, Int, Int)) {
        #expect(throws: CommunityIDError.self) {
            try CommunityIDInput(
                transport: input.0,
                source: input.1,
                destination: input.2,
                sourcePort: input.3,
                destinationPort: input.4
            )
        }
    }

    @Test
    func `says what is wrong with a tuple`() {
        #expect("\(CommunityIDError.missingPort(.tcp))" == "ports missing: expected both for tcp")
        #expect("\(CommunityIDError.badAddress(nil))" == "address missing: expected IPv4 or IPv6 text")
        #expect("\(CommunityIDError.badPort(65536))" == "port 65536: expected a number from 0 to 65535")
    }

    @Test
    func `a one-way ICMP message keeps its direction`() throws {
        // SPEC 1.8: ordering one-way messages gives 1:QBtaq4SszK002HZC4ZYaaYCrdkQ= instead.
        let source = Endpoint(try #require(IPAddress("10.0.0.2")), port: 3)
        let destination = Endpoint(try #require(IPAddress("10.0.0.1")), port: 1)
        let id = CommunityID.text(transport: .icmp, source: source, destination: destination)
        #expect(id == "1:JHjlyD5IJJjl3wHWOMj46lLWZag=")
    }

    @Test(arguments: [TransportProtocol.icmp, .icmpv6])
    func `counterparts are mutual and one of two is the request`(transport: TransportProtocol) {
        for type in UInt8.min...UInt8.max {
            guard let other = CommunityIDPorts.counterpart(of: type, transport: transport) else {
                #expect(!CommunityIDPorts.isRequest(type, transport: transport))
                let ports = CommunityIDPorts(transport: transport, type: type, code: 7)
                #expect(ports.isOneWay && ports.destination == 7)
                continue
            }
            #expect(CommunityIDPorts.counterpart(of: other, transport: transport) == type)
            let requests = [type, other].count { CommunityIDPorts.isRequest($0, transport: transport) }
            #expect(requests == 1)
        }
    }
}
