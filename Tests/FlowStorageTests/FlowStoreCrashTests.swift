import FlowModel
import FlowStorage
import Foundation
import Glibc
import Testing

@Suite struct FlowStoreCrashTests {
    /// What the child does: append, and tell after each append how many flows are acknowledged.
    static func appendForEver(to folder: String, killedAfter nanoseconds: UInt64) throws {
        let store = try FlowStore(path: "\(folder)/flows.db")
        let acknowledged = open("\(folder)/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        precondition(acknowledged >= 0, "the child cannot report")
        Thread.detachNewThread {
            let end = monotonicNanoseconds() + nanoseconds
            while monotonicNanoseconds() < end { sched_yield() }
            kill(getpid(), SIGKILL)
        }
        var count = try store.statistics().flows
        while true {
            try store.append(StoredFlows.flows(count..<count + 100))
            count += 100
            let line = Array("\(count)\n".utf8)
            precondition(write(acknowledged, line, line.count) == line.count, "the child cannot report")
            if count % 2000 == 0 { try store.compact() }
        }
    }

    private static func monotonicNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    @Test func `kill -9 at any moment loses nothing that was acknowledged`() async throws {
        let folder = try StoreFolder()
        var random = SeededGenerator(seed: UInt64(getpid()))
        var last = 0
        for _ in 0..<8 {
            let nanoseconds = UInt64.random(in: 5_000_000...120_000_000, using: &random)
            let path = folder.path
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, nanoseconds = nanoseconds as UInt64] in
                try FlowStoreCrashTests.appendForEver(to: path, killedAfter: nanoseconds)
            }
            let text = try? String(contentsOfFile: "\(folder.path)/acknowledged", encoding: .utf8)
            let acknowledged = text?.split(separator: "\n").last.flatMap { Int($0) } ?? 0
            let store = try FlowStore(path: folder.store)
            let numbers = try store.numbers()
            #expect(numbers.count >= acknowledged)
            #expect(numbers == Array(0..<numbers.count), "whole appends, in order")
            #expect(numbers.count % 100 == 0)
            #expect(numbers.count >= last)
            last = numbers.count
        }
        #expect(last > 0)
    }
}
