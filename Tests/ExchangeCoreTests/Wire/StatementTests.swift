import ExchangeCore
import Testing

@Suite struct StatementTests {
    @Test(arguments: RefusalCode.allCases)
    func `every refusal code survives the wire`(code: RefusalCode) throws {
        let refusal = Refusal(
            sender: Sample.nidos, recipient: Sample.avim, item: Sample.item(6), code: code, detail: "field",
            at: Sample.wall)
        #expect(try Refusal(wireBytes: refusal.wireBytes) == refusal)
    }

    @Test func `an unknown refusal code is malformed, since it would settle a delivery`() {
        let bytes = Sample.refusal.wireBytes
        let code = Array("schema-violated".utf8)
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: code) }) else {
            Issue.record("no code in the sample")
            return
        }
        var altered = bytes
        altered[start] = UInt8(ascii: "x")
        #expect(throws: WireError.self) { try Refusal(wireBytes: altered) }
    }

    @Test func `safe never runs ahead of received`() {
        let tally = Tally(
            node: Sample.nidos, partner: Sample.avim, incarnation: Sample.incarnation(1), predecessors: [],
            created: Sample.wall, isRecovering: false, issued: .start, received: .start, safe: SequenceNumber(1),
            gaps: [])
        #expect(throws: WireError.self) { try Tally(wireBytes: tally.wireBytes) }
    }

    @Test func `gaps ascend, do not touch, lie beyond received and are bounded`() throws {
        let tally = { (gaps: [(UInt64, UInt64)]) in
            Tally(
                node: Sample.nidos, partner: Sample.avim, incarnation: Sample.incarnation(1), predecessors: [],
                created: Sample.wall, isRecovering: false, issued: .start,
                received: ChannelPosition(number: SequenceNumber(10), runningDigest: Sample.digest(1)), safe: .none,
                gaps: gaps.map { NumberRange(SequenceNumber($0.0), SequenceNumber($0.1)) }
            ).wireBytes
        }
        for lawful in [[(11, 11)], [(11, 12), (14, 20)], (0..<64).map { (11 + 3 * $0, 12 + 3 * $0) }] {
            _ = try Tally(wireBytes: tally(lawful.map { (UInt64($0.0), UInt64($0.1)) }))
        }
        let unlawful: [[(UInt64, UInt64)]] = [
            [(10, 11)], [(14, 20), (11, 12)], [(11, 12), (12, 14)], [(11, 12), (13, 14)],
            (0..<65).map { (11 + 3 * $0, 12 + 3 * $0) },
        ]
        for gaps in unlawful { #expect(throws: WireError.self) { try Tally(wireBytes: tally(gaps)) } }
    }

    private static func range(_ first: UInt64, _ last: UInt64, _ kind: AnsweredKind = .receipt) -> OutcomeRange {
        OutcomeRange(NumberRange(SequenceNumber(first), SequenceNumber(last)), kind)
    }

    private static func tally(outcomes: [OutcomeRange]) -> Tally {
        Tally(
            node: Sample.nidos, partner: Sample.avim, incarnation: Sample.incarnation(1), predecessors: [],
            created: Sample.wall, isRecovering: false, issued: .start, received: .start, safe: .none, gaps: [],
            outcomes: outcomes)
    }

    /// Every second number, so that no two ranges touch.
    private static func scattered(_ count: UInt64) -> [OutcomeRange] {
        (0..<count).map { range(2 * $0 + 1, 2 * $0 + 1) }
    }

    private static let lawfulOutcomes: [[OutcomeRange]] = [
        [], [range(1, 1)], [range(1, 4), range(5, 5, .refusal), range(6, 9)], [range(5, 4_100)],
        [range(5, 5, .noted), range(7, 8, .noted), range(4_100, 4_100, .noted)],
        [range(ProtocolLimits.sequenceNumberMaximum - 4_095, ProtocolLimits.sequenceNumberMaximum)], scattered(64),
    ]

    private static let unlawfulOutcomes: [[OutcomeRange]] = [
        [range(1, 4), range(5, 5)], [range(1, 4), range(4, 5, .refusal)], [range(5, 5), range(1, 1, .refusal)],
        [range(5, 4_101)], [range(5, 5, .noted), range(4_101, 4_101, .noted)], scattered(65),
    ]

    @Test func `outcomes ascend, touch only where they differ, and are bounded in number and reach`() throws {
        for outcomes in Self.lawfulOutcomes {
            let tally = Self.tally(outcomes: outcomes)
            #expect(try Tally(wireBytes: tally.wireBytes) == tally)
        }
        for outcomes in Self.unlawfulOutcomes {
            let bytes = Self.tally(outcomes: outcomes).wireBytes
            #expect(throws: WireError.self) { try Tally(wireBytes: bytes) }
        }
    }

    private static func tally(after predecessors: [(UInt64, UInt64)]) -> Tally {
        Tally(
            node: Sample.nidos, partner: Sample.avim, incarnation: Sample.incarnation(1_000),
            predecessors: predecessors.map {
                PredecessorClaim(
                    incarnation: Sample.incarnation($0.0),
                    last: ChannelPosition(number: SequenceNumber($0.1), runningDigest: Sample.digest(1)))
            },
            created: Sample.wall, isRecovering: false, issued: .start, received: .start, safe: .none, gaps: [])
    }

    private static let lawfulPredecessors: [[(UInt64, UInt64)]] = [
        [], [(1, 0)], [(3, 9), (2, 9), (1, 4)], (0..<32).map { (100 - $0, 50 - $0) },
    ]

    private static let unlawfulPredecessors: [[(UInt64, UInt64)]] = [
        [(3, 8), (2, 9)], [(3, 9), (2, 4), (1, 5)], [(2, 9), (2, 9)], [(3, 9), (2, 9), (3, 9)], [(1_000, 9)],
        [(2, 9), (1_000, 9)], (0..<33).map { (100 - $0, 50 - $0) },
    ]

    @Test func `predecessors are each named once, do not end beyond a later one, and are bounded`() throws {
        for predecessors in Self.lawfulPredecessors {
            let tally = Self.tally(after: predecessors)
            #expect(try Tally(wireBytes: tally.wireBytes) == tally)
        }
        for predecessors in Self.unlawfulPredecessors {
            let bytes = Self.tally(after: predecessors).wireBytes
            #expect(throws: WireError.self, "\(predecessors)") { try Tally(wireBytes: bytes) }
        }
    }

    @Test func `an empty range is malformed`() {
        var bytes = Sample.tally.wireBytes
        let range = DERElement.sequence(DERElement.integer(310) + DERElement.integer(400))
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: range) }) else {
            Issue.record("no such range in the sample")
            return
        }
        bytes.replaceSubrange(
            start..<start + range.count, with: DERElement.sequence(DERElement.integer(310) + DERElement.integer(309)))
        #expect(throws: WireError.self) { try Tally(wireBytes: bytes) }
    }

    @Test func `a boolean is 00 or FF`() {
        let sample = Sample.firstTally.wireBytes
        guard let start = sample.indices.first(where: { sample[$0...].starts(with: [0x01, 0x01, 0xFF]) }) else {
            Issue.record("no boolean in the sample")
            return
        }
        for byte: UInt8 in [0x01, 0x7F, 0xFE] {
            var bytes = sample
            bytes[start + 2] = byte
            #expect(throws: WireError.self) { try Tally(wireBytes: bytes) }
        }
    }

    @Test func `a leaf holds what it was given, and each part changes it`() {
        let bare = AuditLeaf(.storeOpened, at: Sample.wall)
        let all = [
            bare, AuditLeaf(.alarmRaised, at: Sample.wall), AuditLeaf(.storeOpened, at: Sample.wall + Milliseconds(1)),
            AuditLeaf(.storeOpened, at: Sample.wall, messageID: Sample.message(1)),
            AuditLeaf(.storeOpened, at: Sample.wall, partner: Sample.nidos),
            AuditLeaf(.storeOpened, at: Sample.wall, number: SequenceNumber(1)),
            AuditLeaf(.storeOpened, at: Sample.wall, digest: Sample.digest(1)),
            AuditLeaf(.storeOpened, at: Sample.wall, note: "x"),
        ]
        #expect(Set(all.map(\.wireBytes)).count == all.count)
        #expect(
            bare.wireBytes
                == DERElement.sequence(
                    DERElement.integer(1) + DERElement.text("store-opened")
                        + DERElement.integer(UInt64(Sample.wall.milliseconds)) + DERElement.text("")))
    }
}
