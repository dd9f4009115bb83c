import ExchangeCore
import Testing

@Suite struct IdentifierTests {
    @Test func `an OIN has twenty positions, eight digits first`() {
        #expect(OIN("00000099000000001000")?.text == "00000099000000001000")
        #expect(OIN("00000001ABC000000000") != nil)
        let wrong = [
            "", "0000009900000000100", "000000990000000010000", "0000009X000000001000", "00000099a00000001000",
            "00000099-00000001000", "00000099 00000001000", "００000099000000001000",
        ]
        for text in wrong { #expect(OIN(text) == nil, "\(text)") }
    }

    @Test func `only the test prefix makes a test organisation`() {
        #expect(Sample.nidos.isTest)
        #expect(Sample.oin("00000001000000001000").isTest == false)
    }

    @Test func `identifiers survive their text and their bytes`() {
        var random = TestSeed.random
        for _ in 0..<2_000 {
            let id = MessageID(
                at: Timestamp(milliseconds: random.within(0...281_474_976_710_655)), random: random.bytes16())
            #expect(MessageID(id.description) == id)
            #expect(MessageID(bytes: id.bytes) == id)
            let reference = CaseReference(random: random.bytes16())
            #expect(CaseReference(reference.description) == reference)
            let incarnation = IncarnationID(random.bytes16())
            #expect(IncarnationID(incarnation.description) == incarnation)
        }
    }

    @Test func `an identifier has one spelling`() {
        let canonical = "019ab1f0-7c00-7abc-8def-0123456789ab"
        #expect(MessageID(canonical)?.description == canonical)
        let wrong = [
            "019AB1F0-7c00-7abc-8def-0123456789ab", "019ab1f07c007abc8def0123456789ab",
            "019ab1f0-7c00-7abc-8def-0123456789a", "{019ab1f0-7c00-7abc-8def-0123456789ab}",
            "019ab1f0-7c00-7abc-8def-0123456789ag", "019ab1f0-7c00-7abc-8def-01234567-9ab",
            " 019ab1f0-7c00-7abc-8def-0123456789ab",
        ]
        for text in wrong { #expect(MessageID(text) == nil, "\(text)") }
    }

    @Test func `a message id is of version 7 and a case reference of version 4`() {
        #expect(MessageID("019ab1f0-7c00-4abc-8def-0123456789ab") == nil)
        #expect(MessageID("019ab1f0-7c00-7abc-cdef-0123456789ab") == nil, "another variant")
        #expect(CaseReference("019ab1f0-7c00-7abc-8def-0123456789ab") == nil, "a time would tell when a case began")
        #expect(CaseReference("019ab1f0-7c00-4abc-8def-0123456789ab") != nil)
    }

    @Test func `message ids sort by the time in them`() {
        let early = MessageID(at: Sample.wall, random: Bytes16(high: .max, low: .max))
        let late = MessageID(at: Sample.wall + Milliseconds(1), random: Bytes16(high: 0, low: 0))
        #expect(early < late)
        #expect(early.value.high >> 16 == UInt64(Sample.wall.milliseconds))
    }

    @Test func `a message type is three letters, two digits and a version of one or two digits`() {
        #expect(MessageType(code: "SIG-01")?.description == "SIG-01.v1")
        #expect(MessageType(code: "SIG-01", version: 99) != nil)
        for code in ["SIG-1", "sig-01", "SIG_01", "SIGN-01", "SIG-0A", "", "SIG-011"] {
            #expect(MessageType(code: code) == nil, "\(code)")
        }
        for version in [0, -1, 100] { #expect(MessageType(code: "SIG-01", version: version) == nil) }
    }

    @Test func `an idempotency key is printable, bounded and not empty`() {
        let digest = Sample.digest(1)
        #expect(IdempotencyClaim(key: "case-7/notice-1", submissionDigest: digest) != nil)
        #expect(IdempotencyClaim(key: String(repeating: "k", count: 128), submissionDigest: digest) != nil)
        for key in ["", "a b", "a\n", "é", String(repeating: "k", count: 129)] {
            #expect(IdempotencyClaim(key: key, submissionDigest: digest) == nil, "\(key)")
        }
    }
}

@Suite struct FixedBytesTests {
    @Test func `a digest is exactly 32 bytes, sixteen bytes exactly sixteen`() {
        for count in 0...40 {
            #expect((Digest([UInt8](repeating: 1, count: count)) != nil) == (count == 32))
            #expect((Bytes16([UInt8](repeating: 1, count: count)) != nil) == (count == 16))
        }
    }

    @Test func `hexadecimal survives a round trip and refuses anything else`() {
        var random = TestSeed.random
        for count in 0..<64 {
            let bytes = random.bytes(count)
            #expect([UInt8](hexadecimal: bytes.hexadecimal) == bytes)
        }
        #expect([UInt8](hexadecimal: "AbCd") == [0xAB, 0xCD])
        for text in ["a", "0g", "0x", "é"] { #expect([UInt8](hexadecimal: text) == nil, "\(text)") }
    }

    @Test func `bytes and words agree on their order`() {
        let value = Bytes16(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
        #expect(value.bytes == Array(1...16))
        #expect(Bytes16(value.bytes) == value)
        #expect(UInt64(0x0102_0304_0506_0708).bigEndianBytes == Array(1...8))
        #expect(Digest.zero.bytes == [UInt8](repeating: 0, count: 32))
    }
}
