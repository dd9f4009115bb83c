import ExchangeCore
import Testing

/// What every structure of the wire has in common: one encoding, read whole or not at all.
@Suite struct StrictDERTests {
    @Test(arguments: Sample.wire)
    func `a structure survives the wire`(sample: WireSample) throws {
        #expect(try sample.again(sample.bytes) == sample.bytes)
    }

    @Test(arguments: Sample.wire)
    func `a structure cut off at any length is malformed`(sample: WireSample) {
        for count in 0..<sample.bytes.count {
            #expect(Self.reason(sample, Array(sample.bytes.prefix(count))) == .malformed, "\(count) bytes")
        }
    }

    @Test(arguments: Sample.wire)
    func `bytes after the end are malformed`(sample: WireSample) {
        for byte: UInt8 in [0x00, 0x05, 0x30, 0xFF] {
            #expect(Self.reason(sample, sample.bytes + [byte]) == .malformed)
        }
        #expect(Self.reason(sample, sample.bytes + sample.bytes) == .malformed)
    }

    @Test(arguments: Sample.wire)
    func `a field after the last is malformed`(sample: WireSample) {
        let outer = DERElement(sample.bytes)
        #expect(Self.reason(sample, outer.replacing(content: outer.content + [0x05, 0x00])) == .malformed)
    }

    @Test(arguments: Sample.wire)
    func `another version is told apart from damage`(sample: WireSample) {
        for version: UInt8 in [0, 2, 127] {
            var bytes = sample.bytes
            bytes[DERElement(bytes).contentStart + 2] = version
            #expect(Self.reason(sample, bytes) == .versionNotSupported)
        }
    }

    @Test(arguments: Sample.wire)
    func `an integer with a needless zero before it is malformed`(sample: WireSample) {
        let outer = DERElement(sample.bytes)
        let padded: [UInt8] = [0x02, 0x02, 0x00, 0x01] + outer.content.dropFirst(3)
        #expect(Self.reason(sample, outer.replacing(content: padded)) == .malformed)
    }

    @Test(arguments: Sample.wire)
    func `a length in more bytes than it needs is malformed`(sample: WireSample) {
        let content = DERElement(sample.bytes).content
        let length = content.count
        let long: [[UInt8]] = [
            [0x83, 0, UInt8(length >> 8), UInt8(length & 0xFF)],
            [0x84, 0, 0, UInt8(length >> 8), UInt8(length & 0xFF)],
            [0x80],
        ]
        for form in long {
            let end: [UInt8] = form == [0x80] ? [0, 0] : []
            #expect(Self.reason(sample, [0x30] + form + content + end) == .malformed)
        }
    }

    @Test(arguments: Sample.wire)
    func `a structure over its limit is refused before it is parsed`(sample: WireSample) {
        let bytes = [UInt8](repeating: 0x30, count: sample.maximumBytes + 1)
        #expect(Self.reason(sample, bytes) == .tooLarge)
    }

    @Test(arguments: Sample.largest)
    func `a structure has as many values as its largest lawful form, and one more is refused`(sample: WireSample) throws
    {
        #expect(DERElement.nodes(in: sample.bytes) == sample.maximumNodes)
        #expect(try sample.again(sample.bytes) == sample.bytes)
        let outer = DERElement(sample.bytes)
        let more = outer.replacing(content: outer.content + [0x05, 0x00])
        #expect(Self.detail(sample, more).contains("more than the \(sample.maximumNodes) values"))
    }

    @Test(arguments: Sample.wire)
    func `a structure of countless small values is counted before it is parsed`(sample: WireSample) {
        // A tag and a length in two bytes each time.
        let bytes = DERElement.sequence([UInt8](repeating: 0, count: (sample.maximumBytes - 16) & ~1))
        #expect(Self.detail(sample, bytes).contains("more than the \(sample.maximumNodes) values"))
    }

    @Test func `the deepest structure has as many levels as the limit, and one more is refused`() {
        let sample = Sample.wire[0]
        var bytes: [UInt8] = [0x05, 0x00]
        for _ in 1..<wireMaximumDepth { bytes = DERElement.sequence(bytes) }
        #expect(!Self.detail(sample, bytes).contains("nested deeper"))
        #expect(Self.detail(sample, DERElement.sequence(bytes)).contains("nested deeper"))
    }

    /// The strongest form of "one encoding": whatever is accepted at all is what its own encoding would be.
    @Test(arguments: Sample.wire)
    func `any altered byte is refused, or is another structure in its one encoding`(sample: WireSample) {
        for index in sample.bytes.indices {
            for bit in 0..<8 {
                var bytes = sample.bytes
                bytes[index] ^= 1 << bit
                guard let again = try? sample.again(bytes) else { continue }
                // A later code that this node does not know is read as an internal fault: the one lawful difference.
                if sample.testDescription == "batch answer", again.count != bytes.count { continue }
                #expect(again == bytes, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test(arguments: Sample.wire)
    func `damage of any kind ends in an error, never in a crash`(sample: WireSample) {
        var random = TestSeed.random
        for _ in 0..<2_000 {
            var bytes = sample.bytes
            for _ in 0..<random.within(1...8) {
                let index = Int(random.within(0...Int64(bytes.count - 1)))
                switch random.next() % 3 {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
                default: if bytes.count > 1 { bytes.remove(at: index) }
                }
            }
            _ = try? sample.again(bytes)
        }
    }

    @Test(arguments: Sample.wire)
    func `nesting without end is refused`(sample: WireSample) {
        var bytes: [UInt8] = []
        for _ in 0..<2_000 { bytes = DERElement.sequence(bytes) }
        #expect(Self.reason(sample, bytes) == .malformed)
    }

    private static func detail(_ sample: WireSample, _ bytes: [UInt8]) -> String {
        do {
            _ = try sample.again(bytes)
            return ""
        } catch {
            return error.detail
        }
    }

    private static func reason(_ sample: WireSample, _ bytes: [UInt8]) -> WireError.Reason? {
        do {
            _ = try sample.again(bytes)
            return nil
        } catch {
            return error.reason
        }
    }
}
