/// Ethernet frames for filters to tell apart, sent by Python from the interface `near`.
enum CraftedFrames {
    /// How many of `frames()` go to or come from the excluded endpoints of the tests.
    static let excludedCount = 9

    static let script = """
        import json, socket, struct, subprocess, sys
        DESTINATION, SOURCE = bytes.fromhex('020000000002'), bytes.fromhex('020000000001')
        def ethernet(kind, payload, vlan=None, destination=DESTINATION):
            tag = b'' if vlan is None else struct.pack('!HH', 0x8100, vlan)
            return destination + SOURCE + tag + struct.pack('!H', kind) + payload
        def ipv4(source, destination, protocol, body, options=b'', fragment=0):
            return struct.pack('!BBHHHBBH4s4s', 0x45 + len(options) // 4, 0, 20 + len(options) + len(body), 1, fragment,
                               64, protocol, 0, socket.inet_aton(source), socket.inet_aton(destination)) + options + body
        def ipv6(source, destination, protocol, body):
            ends = [socket.inet_pton(socket.AF_INET6, end) for end in (source, destination)]
            return struct.pack('!IHBB', 6 << 28, len(body), protocol, 64) + b''.join(ends) + body
        def tcp(source, destination, flags=16, body=b''):
            return struct.pack('!HHIIBBHHH', source, destination, 1, 1, 0x50, flags, 100, 0, 0) + body
        def udp(source, destination, body=b'x' * 20):
            return struct.pack('!HHHH', source, destination, 8 + len(body), 0) + body
        A, B, C = '198.51.100.1', '198.51.100.3', '198.51.100.4'
        A6, B6 = '2001:db8::1', '2001:db8::3'
        def frames():
            v4 = [
                (A, B, 6, tcp(40000, 4739, 2)), (B, A, 6, tcp(4739, 40000, 18)), (A, B, 6, tcp(40000, 4739, 24, b'y' * 200)),
                ('127.0.0.1', '127.0.0.1', 6, tcp(40000, 7080)), ('127.0.0.1', '127.0.0.1', 6, tcp(7080, 40000)),
                (B, A, 6, tcp(40000, 4739)), (A, B, 6, tcp(4739, 40000)), (A, C, 6, tcp(40000, 4739)),
                (A, B, 6, tcp(40000, 443)), (A, B, 17, udp(40000, 4739)), (A, B, 17, udp(53, 5353)), (A, B, 1, b'\\x08' * 16),
                (A, B, 47, b'\\0' * 8),
            ]
            v6 = [
                (A6, B6, 6, tcp(40000, 4739)), (B6, A6, 6, tcp(4739, 40000)), (A6, B6, 6, tcp(40000, 443)),
                (B6, A6, 6, tcp(40000, 4739)), (A6, B6, 17, udp(40000, 4739)), (A6, B6, 58, b'\\x80' * 16),
                (A6, '2001:db9::3', 6, tcp(40000, 4739)),
            ]
            made = [ethernet(0x0800, ipv4(*one)) for one in v4] + [ethernet(0x86dd, ipv6(*one)) for one in v6]
            options = dict(options=b'\\x01' * 8)
            made += [ethernet(0x0800, ipv4(A, B, 6, tcp(40000, 4739), **options)),
                     ethernet(0x0800, ipv4(B, A, 6, tcp(4739, 40000), fragment=0x2000)),
                     ethernet(0x0800, ipv4(B, A, 6, tcp(4739, 40000), fragment=0x0010)),
                     ethernet(0x0806, b'\\0' * 28), ethernet(0x88cc, b'\\0' * 40, destination=b'\\x01\\x80\\xc2\\0\\0\\x0e')]
            for vlan in (5, 7):
                made += [ethernet(0x0800, ipv4(A, C, 17, udp(1, 2)), vlan), ethernet(0x86dd, ipv6(A6, B6, 6, tcp(3, 443)), vlan),
                         ethernet(0x0800, ipv4(A, B, 6, tcp(40000, 443)), vlan), ethernet(0x0806, b'\\0' * 28, vlan)]
            return made
        def short():
            whole4 = ethernet(0x0800, ipv4(A, B, 6, tcp(40000, 4739)))
            long4 = ethernet(0x0800, ipv4(A, B, 6, tcp(40000, 4739), options=b'\\x01' * 40))
            whole6 = ethernet(0x86dd, ipv6(A6, B6, 6, tcp(40000, 4739)))
            return whole4[:14], whole4[:34], whole4[:36], long4[:54], whole6[:54], whole6[:57]
        def send(*frames):
            out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            out.bind(('near', 0))
            for frame in frames: out.send(frame)

        """

    /// Prints how many frames pass the filter that tcpdump makes of each expression, at `near` and at `far`.
    static let compareScript = """
        import signal
        # Signals may be blocked in the threads that tests run on.
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        far, *expressions = json.loads(sys.argv[1])
        def start(end, *arguments):
            inside = ['ip', 'netns', 'exec', far] if end == 'far' else []
            process = subprocess.Popen(inside + ['tcpdump', '-i', end, '--immediate-mode', '-l', '-n', *arguments],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for line in process.stderr:
                if 'listening' in line: return process
            raise SystemExit('tcpdump refuses ' + repr(arguments))
        running = {one: [start(end, '-w', '/dev/null', one) for end in ('near', 'far')] for one in expressions}
        last = start('far', '-c', '1', 'ether proto 0x88b5')
        send(*frames(), ethernet(0x88b5, b'\\0' * 46))
        # What arrived before it has been filtered.
        last.communicate()
        def count(process):
            process.send_signal(signal.SIGINT)
            said = process.communicate()[1]
            return [int(line.split()[0]) for line in said.splitlines() if 'received by filter' in line][0]
        print(json.dumps({one: [count(process) for process in running[one]] for one in expressions}))
        """
}
