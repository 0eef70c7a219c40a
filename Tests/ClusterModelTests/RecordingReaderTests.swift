import ClusterModel
import FlowModel
import TestSupport
import Testing

@Suite(.needsSharedData) struct RecordingReaderTests {
    @Test(arguments: [
        "discovery", "errors", "expired_watch_restart", "formats", "graceful_shutdown", "lists", "paging_410",
        "watch_old_etcd_error", "watch_semantics", "webhook_client",
    ])
    func show(name: String) throws {
        let reader = RecordingReader(try SharedData.bytes("kubernetes/\(name).jsonl"))
        var text = "\(name): events \(reader.events.count) problems \(reader.problemCount) notes \(reader.notes) other \(reader.otherRequests)\n"
        for p in reader.problems.prefix(5) { text += "   \(p)\n" }
        for e in reader.events {
            switch e {
            case .listed(let k, let o, let v, let t): text += "   listed \(k) \(o.count) v\(v) \(t)\n"
            case .gap(let k, let f, let u, let r): text += "   gap \(k) \(f) \(u) \(r)\n"
            default: break
            }
        }
        print(text)
    }
}
