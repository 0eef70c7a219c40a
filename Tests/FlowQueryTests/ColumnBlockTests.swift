import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing
import Testing

@testable import FlowQuery

@Suite struct ColumnBlockTests {
    @Test(arguments: [0, 1, 2, 17, 1000])
    func `gives back what it was made of`(count: Int) throws {
        for seed in UInt64(1)...5 {
            var generator = GeneratedFlows(seed: seed)
            let flows = generator.flows(count)
            let made = ColumnBlock(flows)
            let read = try ColumnBlock(bytes: made.bytes)
            #expect(read.rows == count && made.rows == count)
            #expect(read.first == made.first && read.last == made.last)
            if count > 0 { #expect(read.first == flows.map(\.observation.end).min()) }
            if count > 0 { #expect(read.last == flows.map(\.observation.end).max()) }
            let decoded = try read.flows()
            #expect(decoded.count == count && zip(decoded, flows).allSatisfy { areEqual($0, $1) })
            #expect(ColumnBlock(decoded).bytes == made.bytes)
        }
    }

    @Test func `holds as many rows as it says`() throws {
        let flow = SampleFlows.call
        let block = ColumnBlock([AttributedFlow](repeating: flow, count: ColumnBlock.rowsMax))
        let decoded = try ColumnBlock(bytes: block.bytes).flows()
        #expect(decoded.count == ColumnBlock.rowsMax)
        #expect(decoded.first?.source.identity === decoded.last?.source.identity)
        #expect(decoded.first?.point === decoded.last?.point)
        #expect(block.bytes.count < 36 * ColumnBlock.rowsMax)
    }

    @Test func `reads a block of the former version`() throws {
        let block = try ColumnBlock(bytes: FormerBlock.bytes)
        let expected = [SampleFlows.call, SampleFlows.query, SampleFlows.lookup, SampleFlows.ping]
        let flows = try block.flows()
        #expect(block.version == 1 && flows.count == 4)
        #expect(zip(flows, expected).allSatisfy { areEqual($0, $1) })
        for count in FormerBlock.bytes.indices {
            #expect(throws: ColumnBlockError.self) {
                _ = try ColumnBlock(bytes: Array(FormerBlock.bytes[..<count])).flows()
            }
        }
    }

    @Test func `a flow without analysis costs one byte more, one with a quiet TCP report a dozen`() throws {
        let rows = 1000
        func size(_ flow: AttributedFlow) -> Int {
            ColumnBlock([AttributedFlow](repeating: flow, count: rows)).bytes.count
        }
        var flow = SampleFlows.call
        let plain = size(flow)
        let details = try #require(try ColumnBlock(bytes: ColumnBlock([flow]).bytes).sections[.details])
        #expect(details.count == 1)
        flow.observation.tcp = TCPReport(state: .closed, handshakeToDestination: 90_000, handshakeToSource: 20_000)
        flow.observation.exchanges = LatencyHistogram()
        flow.observation.exchanges?.record(2_000_000)
        #expect(size(flow) - plain <= 24 * rows)
    }

    @Test func `rejects every truncation`() throws {
        var generator = GeneratedFlows(seed: 9)
        let bytes = ColumnBlock(generator.flows(20)).bytes
        for count in 0..<bytes.count {
            #expect(throws: ColumnBlockError.self) {
                _ = try ColumnBlock(bytes: Array(bytes[..<count])).flows()
            }
        }
        #expect(throws: ColumnBlockError.self) { try ColumnBlock(bytes: bytes + [0]) }
    }

    @Test func `rejects every single damaged byte`() throws {
        var generator = GeneratedFlows(seed: 10)
        let bytes = ColumnBlock(generator.flows(10)).bytes
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1 << UInt8(index % 8)
            #expect(throws: ColumnBlockError.self, "byte \(index)") {
                _ = try ColumnBlock(bytes: damaged).flows()
            }
        }
    }

    @Test func `survives bytes whose digests are right and whose contents are not`() throws {
        var generator = GeneratedFlows(seed: 11)
        var random = SeededGenerator(seed: 12)
        let bytes = ColumnBlock(generator.flows(30)).bytes
        var rejected = 0
        for _ in 0..<4000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[.random(in: 0..<damaged.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { damaged.removeSubrange(.random(in: 0..<damaged.count, using: &random)...) }
            do throws(ColumnBlockError) {
                let flows = try ColumnBlock(bytes: damaged, isDigestChecked: false).flows()
                #expect(flows.count <= damaged.count)
            } catch {
                #expect((0...damaged.count).contains(error.offset))
                rejected += 1
            }
        }
        #expect(rejected > 1000)
        for _ in 0..<2000 {
            let noise =
                ColumnBlock.magic + [ColumnBlock.version]
                + (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = try? ColumnBlock(bytes: noise, isDigestChecked: false).flows()
        }
    }

    @Test func `says what is wrong and where`() throws {
        #expect(throws: ColumnBlockError(offset: 0, message: "this is not a block of flows")) {
            try ColumnBlock(bytes: Array("SQLite".utf8))
        }
        #expect(throws: ColumnBlockError(offset: 4, message: "the block is of version 9, not of 1 to 2")) {
            try ColumnBlock(bytes: Array("PSFB\u{9}".utf8))
        }
        #expect(throws: ColumnBlockError(offset: 3, message: "the data ends early")) {
            try ColumnBlock(bytes: Array("PSF".utf8))
        }
    }

    @Test func `stores small values by numbers that must not change`() {
        #expect(DirectionEvidence.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6])
        #expect(DirectionEvidence.tcpHandshake.rawValue == 5 && DirectionEvidence.conntrack.rawValue == 3)
        #expect(FlowEndReason.allCases.map(\.rawValue) == [1, 2, 3, 4, 5])
        #expect(ObservedSide.allCases.map(\.rawValue) == [0, 1, 2])
        #expect(TunnelKind.allCases.map(\.name) == ["vxlan", "geneve", "gre", "ipip", "gtpu"])
        #expect(TunnelKind.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
        #expect(TCPState.allCases.map(\.rawValue) == Array(0...12) && TCPState.allCases.count <= 16)
        #expect(TCPState.closed.rawValue == 2 && TCPState.midstream.rawValue == 12)
    }
}

@Suite struct BlockFilterTests {
    @Test func `never denies what is in the block`() throws {
        var generator = GeneratedFlows(seed: 20)
        let flows = generator.flows(200)
        let block = BlockFilter(of: flows)
        var checked = 0
        for flow in flows {
            for (prefix, end) in [("src.", flow.source), ("dst.", flow.destination)] {
                var terms = ["\(prefix)ip=\(end.endpoint.address)", "ip=\(end.endpoint.address)"]
                if let original = end.original { terms.append("orig.ip=\(original.address)") }
                if let service = end.service { terms.append("\(prefix)service=\(service.name)") }
                if let identity = end.identity {
                    terms.append("name=\(identity.name)")
                    if !identity.namespace.isEmpty { terms.append("ns=\(identity.namespace)") }
                    if !identity.node.isEmpty { terms.append("node=\(identity.node)") }
                    if identity.kind == .pod { terms.append("pod=\(identity.name)") }
                    if let workload = identity.workload { terms.append("workload=x,\(workload.name)") }
                }
                for term in terms {
                    let filter = try Filter.parse(term)
                    if filter.matches(flow) {
                        checked += 1
                        #expect(filter.mayPass(block), "\(term)")
                    }
                }
            }
        }
        #expect(checked > 500)
    }

    @Test func `denies nearly all that is not`() throws {
        let block = BlockFilter(of: [SampleFlows.call])
        var passed = 0
        for index in 0..<1000 where try Filter.parse("ip=10.9.\(index / 250).\(index % 250)").mayPass(block) {
            passed += 1
        }
        #expect(passed < 50)
        #expect(try !Filter.parse("ns=data").mayPass(block))
        #expect(try !Filter.parse("ns=robot-shop pod=nobody").mayPass(block))
        #expect(try Filter.parse("ns=data or pod=web-6d7b-x").mayPass(block))
    }

    @Test(arguments: [
        "", "ns!=data", "not ns=data", "ns=dat*", "ns~data", "ip=10.0.0.0/8", "data", "pod=data/x", "bytes>1",
        "label.app=nobody", "community_id=x",
    ])
    func `cannot deny what it does not know`(text: String) throws {
        #expect(try Filter.parse(text).mayPass(BlockFilter(of: [SampleFlows.call])))
        #expect(try Filter.parse(text).mayPass(BlockFilter(bytes: [])))
    }

    @Test func `is made of numbers that must not change`() {
        let expected: [UInt8] = [
            140, 69, 233, 124, 77, 178, 1, 159, 253, 67, 202, 233, 34, 131, 112, 254,
        ]
        // These bits are stored; another digest would make old blocks invisible.
        #expect(BlockFilter(of: [SampleFlows.call]).bytes == expected)
    }
}
