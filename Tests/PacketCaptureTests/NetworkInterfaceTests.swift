import Foundation
import Glibc
import NetworkAddressing
import PacketCapture
import PacketParsing
import Testing

struct NetworkInterfaceTests {
    private struct Link: Decodable {
        struct Address: Decodable {
            let local: String?
        }

        let ifindex: Int32
        let ifname: String
        let flags: [String]
        let addr_info: [Address]
    }

    @Test(.needsNetworkNamespaces)
    func `the list is what iproute2 shows`() throws {
        let links = try JSONDecoder().decode([Link].self, from: Data(try NamespacePair.ip("-j", "addr").utf8))
        let list = try NetworkInterface.list()
        #expect(list.map(\.index) == list.map(\.index).sorted())
        for link in links {
            // Other tests make and remove interfaces only in namespaces of their own.
            let ours = try #require(list.first { $0.index == link.ifindex })
            #expect(ours.name == link.ifname)
            #expect(ours.isUp == link.flags.contains("UP"))
            #expect(ours.isLoopback == link.flags.contains("LOOPBACK"))
            #expect(ours.addresses == Set(link.addr_info.compactMap { $0.local.flatMap { IPAddress($0) } }))
        }
        #expect(list.count == links.count)
        #expect(list.first { $0.isLoopback }?.linkType == .ethernet)
    }

    @Test(.needsNetworkNamespaces)
    func `a user without the capability is told which`() async {
        await #expect(processExitsWith: .success) {
            guard setuid(65534) == 0, let interface = try NetworkInterface.list().first else { exit(2) }
            do throws(CaptureError) {
                _ = try CaptureRing(interface, filter: CaptureFilter(snapLength: 192))
                exit(3)
            } catch {
                let message = "\(error)"
                guard error.code == .notPermitted(capability: "CAP_NET_RAW"), message.contains("sudo"),
                    message.contains("setcap cap_net_raw=ep")
                else { exit(4) }
            }
        }
    }
}
