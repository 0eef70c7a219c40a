import CLinux
import NetworkAddressing
import PacketParsing

extension sock_filter {
    /// An instruction, with where to go on if its condition holds and if not.
    init(_ code: Int32, _ operand: UInt32 = 0, then: UInt8 = 0, otherwise: UInt8 = 0) {
        self.init(code: UInt16(truncatingIfNeeded: code), jt: then, jf: otherwise, k: operand)
    }
}

extension CaptureFilter {
    /// The start of a program that drops whole TCP packets, or first fragments, from or to an endpoint, and goes on
    /// behind its end with all others; an IPv6 packet must have TCP as its first header.
    static func exclusion(of endpoints: [Endpoint], _ linkType: LinkType) -> [sock_filter] {
        let (v4, v6) = (endpoints.filter { $0.address.family == .v4 }, endpoints.filter { $0.address.family == .v6 })
        let start: UInt32 = linkType == .ethernet ? 14 : 0
        return section(version: 4, headerBytes: 20, start, v4.map { onePacketIPv4($0, start) })
            + section(version: 6, headerBytes: 40, start, v6.map { onePacketIPv6($0, start) })
    }

    /// What is done only with packets of one IP version that have a whole IP header and both ports behind it.
    private static func section(
        version: UInt32,
        headerBytes: UInt32,
        _ start: UInt32,
        _ bodies: [[sock_filter]]
    ) -> [sock_filter] {
        let body = bodies.flatMap { $0 }
        guard !body.isEmpty else { return [] }
        let isVersion: [sock_filter] =
            start == 14
            ? [load(BPF_H, 12), sock_filter(BPF_JMP | BPF_JEQ | BPF_K, version == 4 ? 0x0800 : 0x86dd, then: 1)]
            : [
                load(BPF_B, 0),
                sock_filter(BPF_ALU | BPF_AND | BPF_K, 0xf0),
                sock_filter(BPF_JMP | BPF_JEQ | BPF_K, version << 4, then: 1),
            ]
        // A load beyond the packet's end would drop it. The way over the body may be longer than a condition can jump.
        let isLongEnough: [sock_filter] = [
            sock_filter(BPF_LD | BPF_W | BPF_LEN),
            sock_filter(
                BPF_JMP | BPF_JGE | BPF_K,
                start + headerBytes + 4,
                otherwise: UInt8(truncatingIfNeeded: isVersion.count)
            ),
        ]
        let skip = sock_filter(BPF_JMP | BPF_JA, UInt32(truncatingIfNeeded: body.count))
        return isLongEnough + isVersion + [skip] + body
    }

    private static func onePacketIPv4(_ endpoint: Endpoint, _ start: UInt32) -> [sock_filter] {
        let address = UInt32(truncatingIfNeeded: endpoint.address.low)
        return [(UInt32(12), UInt32(0)), (16, 2)].flatMap { addressOffset, portOffset in
            test([
                .equal(load(BPF_W, start + addressOffset), address),
                .equal(load(BPF_B, start + 9), 6),
                .noneSet(load(BPF_H, start + 6), 0x1fff),
                .instruction(sock_filter(BPF_LDX | BPF_B | BPF_MSH, start)),
                // The options may end behind the packet's end.
                .instruction(sock_filter(BPF_LD | BPF_W | BPF_LEN)),
                .instruction(sock_filter(BPF_ALU | BPF_SUB | BPF_K, start + 4)),
                .atLeastIndex,
                .equal(sock_filter(BPF_LD | BPF_H | BPF_IND, start + portOffset), UInt32(endpoint.port)),
            ])
        }
    }

    private static func onePacketIPv6(_ endpoint: Endpoint, _ start: UInt32) -> [sock_filter] {
        let (high, low) = (endpoint.address.high, endpoint.address.low)
        let words = [high >> 32, high, low >> 32, low].map { UInt32(truncatingIfNeeded: $0) }
        return [(UInt32(8), UInt32(0)), (24, 2)].flatMap { addressOffset, portOffset in
            // The last word differs most.
            let address = [3, 2, 1, 0].map { index in
                Step.equal(load(BPF_W, start + addressOffset + UInt32(index) * 4), words[index])
            }
            return test(
                address + [
                    .equal(load(BPF_B, start + 6), 6),
                    .equal(load(BPF_H, start + 40 + portOffset), UInt32(endpoint.port)),
                ]
            )
        }
    }

    private static func load(_ size: Int32, _ offset: UInt32) -> sock_filter {
        sock_filter(BPF_LD | BPF_ABS | size, offset)
    }

    private enum Step {
        case instruction(sock_filter)
        /// Goes on if what was loaded is this.
        case equal(sock_filter, UInt32)
        /// Goes on if what was loaded has none of these bits.
        case noneSet(sock_filter, UInt32)
        /// Goes on if the accumulator is no less than the index register.
        case atLeastIndex
    }

    /// Drops the packet if all steps hold; goes on behind the end if one does not.
    private static func test(_ steps: [Step]) -> [sock_filter] {
        var program: [sock_filter] = []
        // From the end, where the distance to it is known.
        program.append(sock_filter(BPF_RET | BPF_K, 0))
        for step in steps.reversed() {
            let out = UInt8(truncatingIfNeeded: program.count)
            switch step {
            case .instruction(let instruction): program.append(instruction)
            case .equal(let load, let value):
                program.append(sock_filter(BPF_JMP | BPF_JEQ | BPF_K, value, otherwise: out))
                program.append(load)
            case .noneSet(let load, let bits):
                program.append(sock_filter(BPF_JMP | BPF_JSET | BPF_K, bits, then: out))
                program.append(load)
            case .atLeastIndex: program.append(sock_filter(BPF_JMP | BPF_JGE | BPF_X, otherwise: out))
            }
        }
        return program.reversed()
    }
}
