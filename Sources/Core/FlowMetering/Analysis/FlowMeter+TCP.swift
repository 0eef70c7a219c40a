import FlowModel

/// What a segment is in its side's sequence.
enum SegmentPlace {
    /// The next in order, or the first one seen; without payload a plain acknowledgement.
    case next
    /// After a gap.
    case afterGap
    /// Fills a gap.
    case outOfOrder
    /// Seen before, or a probe that carries nothing new.
    case repeated
}

extension FlowMeter {
    /// Follows one segment of a TCP connection.
    ///
    /// What is a retransmission, out of order, lost or a zero window is told as Wireshark tells it (packet-tcp.c),
    /// so that the numbers can be compared; where a gap is known, what lies in it is never a retransmission of
    /// something seen.
    @inline(__always)
    mutating func track(_ packet: UnsafePointer<StagedPacket>, _ flow: UInt32, _ number: UInt32) {
        let connection = connections[number]
        // SAFETY: `lower` and `upper` lie next to each other at the start, as `lowerCounts` and `upperCounts` do.
        let sides = UnsafeMutableRawPointer(connection).assumingMemoryBound(to: TCPSide.self)
        let counts = (UnsafeMutableRawPointer(connection) + 64).assumingMemoryBound(to: TCPConnection.Counts.self)
        let side = Int(truncatingIfNeeded: packet.pointee.side)
        let flags = packet.pointee.tcpFlags
        let length = packet.pointee.payloadBytes
        if flags & TCPFlags.eventful != 0 { note(packet, connection, sides + side, sides + (side ^ 1)) }
        let isPlainNext =
            length > 0 && flags & TCPFlags.eventful == 0
            && sides[side].seen.has(.hasBoth)
            && packet.pointee.tcpSequence == sides[side].next && packet.pointee.tcpWindow != 0
            && packet.pointee.tcpAcknowledgement == sides[side].acknowledged && length > 1
        var place = SegmentPlace.next
        if isPlainNext {
            sides[side].next = packet.pointee.tcpSequence &+ length
            sides[side].nextTime = FlowMeter.ticks(packet.pointee.timestamp)
            sides[side].acknowledgedTime = sides[side].nextTime
            sides[side].window = packet.pointee.tcpWindow
        } else {
            place = locate(packet, sides + side, sides + (side ^ 1), counts + side, connection)
        }
        guard length > 0 else { return }
        let (sum, overflows) = counts[side].payload.addingReportingOverflow(length)
        counts[side].payload = sum
        if overflows { carryPayload(flow, side: side) }
        guard place != .repeated else { return }
        takeTurn(packet.pointee.timestamp, connection, side)
        followApplication(packet, flow, connection, place)
    }

    /// A time in units of 1,024 ns, of which only differences below an hour mean something.
    @inline(__always)
    static func ticks(_ nanoseconds: Int64) -> UInt32 { UInt32(truncatingIfNeeded: nanoseconds >> 10) }

    /// The side of the source: 0 the lower, 1 the upper.
    @inline(__always)
    static func sourceSide(_ connection: UnsafePointer<TCPConnection>) -> Int {
        Int(connection.pointee.lower.shared >> 7)
    }

    static func setSource(_ side: UInt8, _ connection: UnsafeMutablePointer<TCPConnection>) {
        connection.pointee.lower.shared = connection.pointee.lower.shared & 0x7f | side << 7
    }

    @inline(__always)
    static func turn(_ connection: UnsafePointer<TCPConnection>) -> UInt8 { connection.pointee.lower.shared & 0x7f }

    @inline(__always)
    static func setTurn(_ turn: Turn, _ connection: UnsafeMutablePointer<TCPConnection>) {
        connection.pointee.lower.shared = connection.pointee.lower.shared & 0x80 | turn.rawValue
    }

    /// New payload: a request when it is from the source, the response when it is the first from the other.
    @inline(__always)
    private mutating func takeTurn(_ time: Int64, _ connection: UnsafeMutablePointer<TCPConnection>, _ side: Int) {
        if side == FlowMeter.sourceSide(connection) {
            connection.pointee.mark = time
            FlowMeter.setTurn(.asked, connection)
        } else if FlowMeter.turn(connection) == Turn.asked.rawValue {
            FlowMeter.setTurn(.answered, connection)
            record(time &- connection.pointee.mark, of: connection)
        }
    }

    /// What SYN, FIN and RST say.
    @inline(never)
    private mutating func note(
        _ packet: UnsafePointer<StagedPacket>,
        _ connection: UnsafeMutablePointer<TCPConnection>,
        _ mine: UnsafeMutablePointer<TCPSide>,
        _ other: UnsafeMutablePointer<TCPSide>
    ) {
        let flags = packet.pointee.tcpFlags
        let time = packet.pointee.timestamp
        let turn = FlowMeter.turn(connection)
        if flags & TCPFlags.rst != 0 {
            let counts = packet.pointee.side == 0 ? \TCPConnection.lowerCounts : \TCPConnection.upperCounts
            if connection.pointee[keyPath: counts].resets < .max { connection.pointee[keyPath: counts].resets += 1 }
            // What comes after both have closed changes nothing.
            if !mine.pointee.seen.has(.fin) || !other.pointee.seen.has(.fin) {
                mine.pointee.seen.add(.reset)
            }
            return
        }
        if flags & TCPFlags.syn != 0 {
            if flags & TCPFlags.ack == 0 {
                mine.pointee.seen.add(.syn)
                if turn <= Turn.synSent.rawValue {
                    connection.pointee.mark = time
                    FlowMeter.setTurn(.synSent, connection)
                }
            } else {
                mine.pointee.seen.add(.answer)
                if turn == Turn.synSent.rawValue, other.pointee.seen.has(.syn) {
                    connection.pointee.answerTime.measure(time &- connection.pointee.mark)
                }
                if turn <= Turn.answerSent.rawValue {
                    connection.pointee.mark = time
                    FlowMeter.setTurn(.answerSent, connection)
                }
            }
        }
        if flags & TCPFlags.fin != 0 { mine.pointee.seen.add(.fin) }
    }

    /// Everything but the plain next segment.
    @inline(never)
    private mutating func locate(
        _ packet: UnsafePointer<StagedPacket>,
        _ mine: UnsafeMutablePointer<TCPSide>,
        _ other: UnsafeMutablePointer<TCPSide>,
        _ counts: UnsafeMutablePointer<TCPConnection.Counts>,
        _ connection: UnsafeMutablePointer<TCPConnection>
    ) -> SegmentPlace {
        let flags = packet.pointee.tcpFlags
        let length = packet.pointee.payloadBytes
        let sequence = packet.pointee.tcpSequence
        let now = FlowMeter.ticks(packet.pointee.timestamp)
        let isPlain = flags & TCPFlags.eventful == 0
        confirmOrRestart(packet, mine, other, connection)
        let hasNext = mine.pointee.seen.has(.hasNext)
        // One byte into a closed window.
        let isProbe =
            length == 1 && hasNext && sequence == mine.pointee.next
            && other.pointee.seen.has(.hasAcknowledged) && other.pointee.window == 0
        defer { acknowledge(packet, mine, now) }
        if isProbe { return .repeated }
        if packet.pointee.tcpWindow == 0, isPlain, counts.pointee.zeroWindows < .max {
            counts.pointee.zeroWindows += 1
        }
        countDuplicate(packet, mine)
        var place = SegmentPlace.next
        if hasNext, mine.pointee.next.precedes(sequence), flags & TCPFlags.rst == 0 {
            counts.pointee.lost &+= 1
            if mine.pointee.holeStart == mine.pointee.holeEnd { mine.pointee.holeStart = mine.pointee.next }
            mine.pointee.holeEnd = sequence
            place = .afterGap
        }
        if length > 0 || flags & (TCPFlags.syn | TCPFlags.fin) != 0 {
            let isKeepAlive = hasNext && length <= 1 && isPlain && sequence == mine.pointee.next &- 1
            let isOld =
                hasNext && sequence.precedes(mine.pointee.next)
                && !(length > 1 && sequence == mine.pointee.next &- 1)
            if isKeepAlive {
                place = .repeated
            } else if isOld {
                place = classify(packet, mine, other, connection, now)
                if place == .repeated { counts.pointee.retransmitted &+= 1 } else { counts.pointee.outOfOrder &+= 1 }
            }
        }
        var end = sequence &+ length
        if flags & (TCPFlags.syn | TCPFlags.fin) != 0 { end &+= 1 }
        if !hasNext || mine.pointee.next.precedes(end) {
            mine.pointee.next = end
            mine.pointee.nextTime = now
            mine.pointee.seen.add(.hasNext)
        }
        return place
    }

    /// The ACK that ends a handshake, and a SYN that begins another.
    @inline(__always)
    private func confirmOrRestart(
        _ packet: UnsafePointer<StagedPacket>,
        _ mine: UnsafeMutablePointer<TCPSide>,
        _ other: UnsafeMutablePointer<TCPSide>,
        _ connection: UnsafeMutablePointer<TCPConnection>
    ) {
        let flags = packet.pointee.tcpFlags
        if flags & (TCPFlags.ack | TCPFlags.syn | TCPFlags.rst) == TCPFlags.ack,
            FlowMeter.turn(connection) == Turn.answerSent.rawValue, other.pointee.seen.has(.answer)
        {
            connection.pointee.confirmTime.measure(packet.pointee.timestamp &- connection.pointee.mark)
            FlowMeter.setTurn(.quiet, connection)
        }
        if flags & TCPFlags.syn != 0, mine.pointee.next != packet.pointee.tcpSequence &+ 1 {
            // Another connection on the same ports, the end of the former one was not seen.
            mine.pointee.seen.clear([.hasNext, .hasAcknowledged])
            mine.pointee.holeEnd = mine.pointee.holeStart
        }
    }

    /// Tells a retransmission from a segment that was only late.
    private func classify(
        _ packet: UnsafePointer<StagedPacket>,
        _ mine: UnsafeMutablePointer<TCPSide>,
        _ other: UnsafeMutablePointer<TCPSide>,
        _ connection: UnsafeMutablePointer<TCPConnection>,
        _ now: UInt32
    ) -> SegmentPlace {
        let sequence = packet.pointee.tcpSequence
        let end = sequence &+ packet.pointee.payloadBytes
        // What the other side has already confirmed was not late.
        if packet.pointee.payloadBytes > 0, other.pointee.seen.has(.hasAcknowledged),
            !other.pointee.acknowledged.precedes(end)
        {
            fillHole(mine, sequence, end)
            return .repeated
        }
        // Three copies of an acknowledgement ask for what follows it; 20 ms are Wireshark's.
        if other.pointee.seen.has(.twoDuplicates), other.pointee.acknowledged == sequence,
            now &- other.pointee.acknowledgedTime < FlowMeter.ticks(20_000_000)
        {
            fillHole(mine, sequence, end)
            return .repeated
        }
        let isInHole =
            mine.pointee.holeStart != mine.pointee.holeEnd && !sequence.precedes(mine.pointee.holeStart)
            && !mine.pointee.holeEnd.precedes(end)
        guard isInHole else { return .repeated }
        fillHole(mine, sequence, end)
        let roundTrip =
            connection.pointee.confirmTime.isMeasured
            ? connection.pointee.answerTime.value &+ connection.pointee.confirmTime.value : 3_000_000
        let isLate = now &- mine.pointee.nextTime >= max(1, FlowMeter.ticks(min(roundTrip, 1 << 40)))
        // One that ends where the sequence does adds nothing to it: what seemed to be missing was its first copy.
        let isLast = end &+ (packet.pointee.tcpFlags & TCPFlags.fin != 0 ? 1 : 0) == mine.pointee.next
        return isLate || isLast ? .repeated : .outOfOrder
    }

    /// Takes a segment out of the part that is missing; one in its middle leaves the larger part.
    private func fillHole(_ mine: UnsafeMutablePointer<TCPSide>, _ start: UInt32, _ end: UInt32) {
        let (holeStart, holeEnd) = (mine.pointee.holeStart, mine.pointee.holeEnd)
        guard holeStart != holeEnd, holeStart.precedes(end), start.precedes(holeEnd) else { return }
        let before = start.precedes(holeStart) ? 0 : start &- holeStart
        let after = holeEnd.precedes(end) ? 0 : holeEnd &- end
        if after >= before {
            mine.pointee.holeStart = holeEnd &- after
        } else {
            mine.pointee.holeEnd = holeStart &+ before
        }
    }

    /// Counts acknowledgements that repeat the one before, up to two.
    private func countDuplicate(_ packet: UnsafePointer<StagedPacket>, _ mine: UnsafeMutablePointer<TCPSide>) {
        let isDuplicate =
            packet.pointee.payloadBytes == 0 && packet.pointee.tcpFlags & TCPFlags.eventful == 0
            && packet.pointee.tcpWindow != 0 && packet.pointee.tcpWindow == mine.pointee.window
            && packet.pointee.tcpSequence == mine.pointee.next
            && mine.pointee.seen.has(.hasBoth)
            && packet.pointee.tcpAcknowledgement == mine.pointee.acknowledged
        guard isDuplicate else { return }
        let isFirst = !mine.pointee.seen.has(.oneDuplicate)
        mine.pointee.seen.add(isFirst ? .oneDuplicate : .twoDuplicates)
    }

    /// Remembers the acknowledgement and the window of a segment.
    @inline(__always)
    private func acknowledge(
        _ packet: UnsafePointer<StagedPacket>,
        _ mine: UnsafeMutablePointer<TCPSide>,
        _ now: UInt32
    ) {
        mine.pointee.window = packet.pointee.tcpWindow
        guard packet.pointee.tcpFlags & TCPFlags.ack != 0 else { return }
        if packet.pointee.tcpAcknowledgement != mine.pointee.acknowledged {
            mine.pointee.seen.clear(.duplicates)
            mine.pointee.acknowledged = packet.pointee.tcpAcknowledgement
        }
        mine.pointee.seen.add(.hasAcknowledged)
        mine.pointee.acknowledgedTime = now
    }
}
