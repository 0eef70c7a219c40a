import FlowModel
import Testing

@Test(arguments: [(0, "NOERROR"), (2, "SERVFAIL"), (3, "NXDOMAIN"), (5, "REFUSED"), (11, "DSOTYPENI"), (12, "RCODE12")])
func `response codes have the names that IANA registers, or their number`(code: UInt8, name: String) {
    #expect(DNSNames.code(code) == name)
    #expect(DNSNames.headerCodes[Int(code)] == name)
    #expect(DNSNames.code(255) == "RCODE255")
}

@Test(arguments: [(1, "A"), (28, "AAAA"), (33, "SRV"), (65, "HTTPS"), (255, "ANY"), (4711, "TYPE4711"), (0, "TYPE0")])
func `types have the names that IANA registers, or their number`(type: UInt16, name: String) {
    #expect(DNSNames.type(type) == name)
}
