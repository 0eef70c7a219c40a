import PacketCapture
import Testing

struct CaptureRingTests {
    @Test(arguments: [
        (0, 4, 64 << 10), (1 << 20, 16, 64 << 10), (8 << 20, 16, 512 << 10), (12 << 20, 24, 512 << 10),
        (16 << 20, 16, 1 << 20), (1 << 30, 64, 1 << 20),
    ])
    func `a ring has sixteen blocks or more unless it is of the least size`(bytes: Int, count: Int, blockBytes: Int) {
        #expect(CaptureRing.Size(fitting: bytes) == CaptureRing.Size(blockCount: count, blockBytes: blockBytes))
    }
}
