import ExchangeCore
import Testing

@Suite struct BatchAnswerTests {
    private static func answer(
        kind: UInt64, statement: [UInt8] = [], code: String = "", detail: String = ""
    ) throws -> ItemAnswer {
        let outcome = DERElement.sequence(
            DERElement.integer(4) + DERElement.integer(kind) + DERElement.octets(statement) + DERElement.text(code)
                + DERElement.text(detail))
        let bytes = DERElement.sequence(
            DERElement.integer(1) + DERElement.octets(Sample.digest(1).bytes) + DERElement.sequence(outcome))
        return try #require(try BatchAnswer(wireBytes: bytes).outcomes.first).answer
    }

    @Test func `each outcome is read as what it is`() throws {
        #expect(try Self.answer(kind: 0, statement: [1]) == .receipt([1]))
        #expect(try Self.answer(kind: 1, statement: [2]) == .refusal([2]))
        #expect(
            try Self.answer(kind: 2, code: "key-unknown", detail: "d") == .later(.keyUnknown, detail: "d"))
        #expect(try Self.answer(kind: 3) == .noted)
    }

    @Test func `a later code of a newer partner still means later`() throws {
        #expect(try Self.answer(kind: 2, code: "moon-phase", detail: "d") == .later(.internalFault, detail: "d"))
    }

    @Test func `an unknown outcome is malformed`() {
        #expect(throws: WireError.self) { try Self.answer(kind: 4) }
    }

    @Test func `an outcome carries its own fields and no others`() {
        #expect(throws: WireError.self) { try Self.answer(kind: 0) }
        #expect(throws: WireError.self) { try Self.answer(kind: 0, statement: [1], code: "key-unknown") }
        #expect(throws: WireError.self) { try Self.answer(kind: 1, statement: [1], detail: "d") }
        #expect(throws: WireError.self) { try Self.answer(kind: 2, statement: [1], code: "key-unknown") }
        #expect(throws: WireError.self) { try Self.answer(kind: 3, statement: [1]) }
        #expect(throws: WireError.self) { try Self.answer(kind: 3, code: "key-unknown") }
    }

    @Test(arguments: LaterCode.allCases)
    func `every later code survives the wire`(code: LaterCode) throws {
        let answer = BatchAnswer(
            manifestDigest: Sample.digest(1),
            outcomes: [ItemOutcome(number: SequenceNumber(1), answer: .later(code, detail: "é"))])
        #expect(try BatchAnswer(wireBytes: answer.wireBytes) == answer)
    }

    @Test func `a detail of our own that is too long is cut at a character, so that a partner can read it`() throws {
        let answer = BatchAnswer(
            manifestDigest: Sample.digest(1),
            outcomes: [
                ItemOutcome(
                    number: SequenceNumber(1),
                    answer: .later(.storageUnavailable, detail: "x" + String(repeating: "é", count: 400)))
            ])
        let read = try BatchAnswer(wireBytes: answer.wireBytes)
        #expect(
            read.outcomes.first?.answer
                == .later(.storageUnavailable, detail: "x" + String(repeating: "é", count: 255)))
    }

    @Test func `a control character of our own is written as a space, so that a partner can read the answer`() throws {
        let outcome = { detail in
            ItemOutcome(number: SequenceNumber(1), answer: .later(.storageUnavailable, detail: detail))
        }
        let answer = BatchAnswer(
            manifestDigest: Sample.digest(1), outcomes: [outcome("line\r\nline\u{1B}[2J\u{85}\u{00}é")])
        let read = try BatchAnswer(wireBytes: answer.wireBytes)
        #expect(read.outcomes == [outcome("line  line [2J  é")])
    }

    @Test func `a batch is bounded in its envelopes`() throws {
        let batch = { Batch(signedManifest: [1], envelopes: [[UInt8]](repeating: [2], count: $0)) }
        #expect(try Batch(wireBytes: batch(64).wireBytes) == batch(64))
        #expect(throws: WireError.self) { try Batch(wireBytes: batch(65).wireBytes) }
    }
}
