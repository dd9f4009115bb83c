import ExchangeCore
import Testing

@Suite struct ManifestTests {
    /// A manifest item in hand-made DER, each part replaceable.
    private static func item(
        number: [UInt8] = DERElement.integer(5), kind: UInt64 = 0, id: [UInt8] = Sample.message(5).bytes,
        digest: [UInt8] = Sample.digest(5).bytes, reason: String = "", tail: [UInt8] = []
    ) -> [UInt8] {
        DERElement.sequence(
            number + DERElement.integer(kind) + DERElement.octets(id) + DERElement.octets(digest)
                + DERElement.text(reason) + tail)
    }

    private static func manifest(
        items: [[UInt8]], sender: [UInt8] = DERElement.printable("00000099000000001000"),
        created: [UInt8] = DERElement.integer(1_795_456_800_000), digest: [UInt8] = Sample.digest(7).bytes
    ) -> [UInt8] {
        DERElement.sequence(
            DERElement.integer(1) + sender + DERElement.printable("00000099000000002000")
                + DERElement.octets(Sample.incarnation(1).bytes) + created
                + DERElement.sequence(items.flatMap { $0 }) + DERElement.octets(digest))
    }

    private static func replaces(_ number: UInt64) -> [UInt8] {
        DERElement.encoded(tag: 0xA0, DERElement.sequence(DERElement.integer(number)))
    }

    private static func isRefused(_ bytes: [UInt8]) -> Bool {
        do {
            _ = try Manifest(wireBytes: bytes)
            return false
        } catch {
            return error.reason == .malformed
        }
    }

    @Test func `a hand-made manifest is what the encoder writes`() throws {
        let manifest = Manifest(
            sender: Sample.nidos, recipient: Sample.avim, incarnation: Sample.incarnation(1),
            created: Timestamp(milliseconds: 1_795_456_800_000),
            items: [ManifestItem(item: Sample.item(5), kind: .message, replaces: SequenceNumber(2))],
            runningDigest: Sample.digest(7))
        let bytes = Self.manifest(items: [Self.item(tail: Self.replaces(2))])
        #expect(manifest.wireBytes == bytes)
        #expect(try Manifest(wireBytes: bytes) == manifest)
    }

    @Test func `a manifest has at least one item and at most its limit`() throws {
        #expect(Self.isRefused(Self.manifest(items: [])))
        let items = { (count: Int) in (1...count).map { Self.item(number: DERElement.integer(UInt64($0))) } }
        #expect(!Self.isRefused(Self.manifest(items: items(ProtocolLimits.batchMaximumItems))))
        #expect(Self.isRefused(Self.manifest(items: items(ProtocolLimits.batchMaximumItems + 1))))
    }

    @Test func `numbers ascend, each once`() {
        let item = { Self.item(number: DERElement.integer($0)) }
        #expect(!Self.isRefused(Self.manifest(items: [item(3), item(9)])), "what has its answer is not sent again")
        #expect(Self.isRefused(Self.manifest(items: [item(3), item(3)])))
        #expect(Self.isRefused(Self.manifest(items: [item(9), item(3)])))
    }

    @Test func `numbers begin at 1 and end where a signed 64-bit integer does`() {
        let first = { Self.manifest(items: [Self.item(number: $0)]) }
        #expect(Self.isRefused(first(DERElement.integer(0))))
        #expect(Self.isRefused(first(DERElement.integer(bytes: [0xFF]))), "negative")
        #expect(!Self.isRefused(first(DERElement.integer(UInt64(Int64.max)))))
        #expect(Self.isRefused(first(DERElement.integer(UInt64(Int64.max) + 1))))
        #expect(Self.isRefused(first(DERElement.integer(.max))))
        #expect(Self.isRefused(first(DERElement.integer(bytes: [1] + [UInt8](repeating: 0, count: 8)))), "2^64")
    }

    @Test func `a void or held number gives its reason, a message none`() {
        for kind: UInt64 in [1, 2] {
            #expect(Self.isRefused(Self.manifest(items: [Self.item(kind: kind)])))
            #expect(!Self.isRefused(Self.manifest(items: [Self.item(kind: kind, reason: "withdrawn")])))
        }
        #expect(Self.isRefused(Self.manifest(items: [Self.item(kind: 0, reason: "withdrawn")])))
        #expect(Self.isRefused(Self.manifest(items: [Self.item(kind: 3, reason: "x")])))
    }

    @Test func `a reason has a limit`() {
        let long = { Self.manifest(items: [Self.item(kind: 1, reason: String(repeating: "x", count: $0))]) }
        #expect(!Self.isRefused(long(ProtocolLimits.detailMaximumBytes)))
        #expect(Self.isRefused(long(ProtocolLimits.detailMaximumBytes + 1)))
    }

    @Test func `a text with a control character is refused`() {
        let reason = { Self.manifest(items: [Self.item(kind: 1, reason: $0)]) }
        for control in ["\u{00}", "\t", "\n", "\r\n", "\u{1B}[2J", "\u{7F}", "\u{80}", "\u{9F}"] {
            #expect(Self.isRefused(reason("withdrawn\(control)by the duty officer")), "\(control.debugDescription)")
        }
        for lawful in [" ", "~", "\u{A0}", "é", "\u{1F9D2}"] {
            #expect(!Self.isRefused(reason("withdrawn\(lawful)")), "\(lawful.debugDescription)")
        }
    }

    @Test func `a number replaces an earlier one`() {
        for number: UInt64 in [0, 5, 6] {
            #expect(Self.isRefused(Self.manifest(items: [Self.item(tail: Self.replaces(number))])))
        }
        #expect(!Self.isRefused(Self.manifest(items: [Self.item(tail: Self.replaces(4))])))
        #expect(Self.isRefused(Self.manifest(items: [Self.item(tail: Self.replaces(4) + Self.replaces(3))])))
    }

    @Test func `ids and digests have their size and their version`() {
        #expect(Self.isRefused(Self.manifest(items: [Self.item(id: Array(Sample.message(5).bytes.dropLast()))])))
        #expect(Self.isRefused(Self.manifest(items: [Self.item(id: [UInt8](repeating: 0, count: 16))])), "no UUIDv7")
        #expect(Self.isRefused(Self.manifest(items: [Self.item(digest: [UInt8](repeating: 0, count: 31))])))
        #expect(Self.isRefused(Self.manifest(items: [Self.item()], digest: [UInt8](repeating: 0, count: 33))))
    }

    @Test func `an OIN is a printable string of twenty positions`() {
        for sender in [
            DERElement.text("00000099000000001000"), DERElement.printable("0000009900000000100"),
            DERElement.printable("00000099 00000001000"),
        ] {
            #expect(Self.isRefused(Self.manifest(items: [Self.item()], sender: sender)))
        }
    }

    @Test func `times are from 1970 to 9999`() {
        let last: UInt64 = 253_402_300_799_999
        #expect(!Self.isRefused(Self.manifest(items: [Self.item()], created: DERElement.integer(0))))
        #expect(!Self.isRefused(Self.manifest(items: [Self.item()], created: DERElement.integer(last))))
        #expect(Self.isRefused(Self.manifest(items: [Self.item()], created: DERElement.integer(last + 1))))
        #expect(Self.isRefused(Self.manifest(items: [Self.item()], created: DERElement.integer(bytes: [0xFF]))))
    }

    @Test func `a manifest of sixty-four messages fits its limit`() throws {
        let items = (1...64).map {
            ManifestItem(item: Sample.item($0 + (1 << 60)), kind: .message, replaces: SequenceNumber($0))
        }
        let manifest = Manifest(
            sender: Sample.nidos, recipient: Sample.avim, incarnation: Sample.incarnation(1), created: Sample.wall,
            items: items, runningDigest: Sample.digest(1))
        #expect(manifest.wireBytes.count <= Manifest.maximumBytes)
        #expect(try Manifest(wireBytes: manifest.wireBytes) == manifest)
    }
}
