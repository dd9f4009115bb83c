import ExchangeCore
import Testing

/// What a tally says was answered, made and compared.
@Suite struct OutcomeComparisonTests {
    private static func range(_ first: UInt64, _ last: UInt64, _ kind: AnsweredKind) -> OutcomeRange {
        OutcomeRange(NumberRange(SequenceNumber(first), SequenceNumber(last)), kind)
    }

    private static func answered(_ numbers: [(UInt64, AnsweredKind)]) -> [AnsweredNumber] {
        numbers.map { AnsweredNumber(number: SequenceNumber($0.0), kind: $0.1) }
    }

    private static func receipted(_ number: UInt64, ago span: Milliseconds = .minutes(5)) -> ReceiptedDelivery {
        ReceiptedDelivery(
            number: SequenceNumber(number), messageID: Sample.message(number),
            receiptedAt: Sample.wall + Milliseconds(-span.count))
    }

    private static func contradictions(
        _ outcomes: [OutcomeRange], _ receipts: [ReceiptedDelivery]
    ) -> [UInt64] {
        OutcomeComparison.contradictions(of: outcomes, with: receipts, now: Sample.wall).map(\.number.value)
    }

    @Test func `answers become ascending ranges, broken where they differ or one is missing`() {
        let answered = Self.answered([
            (9, .receipt), (8, .receipt), (7, .refusal), (6, .receipt), (4, .receipt), (3, .receipt), (2, .noted),
        ])
        #expect(
            OutcomeComparison.ranges(newestFirst: answered) == [
                Self.range(2, 2, .noted), Self.range(3, 4, .receipt), Self.range(6, 6, .receipt),
                Self.range(7, 7, .refusal), Self.range(8, 9, .receipt),
            ])
        #expect(OutcomeComparison.ranges(newestFirst: []).isEmpty)
    }

    @Test func `where they do not all fit the newest are told`() {
        let answered = Self.answered((1...200).reversed().map { ($0, $0.isMultiple(of: 2) ? .receipt : .noted) })
        let ranges = OutcomeComparison.ranges(newestFirst: answered)
        #expect(ranges.count == ProtocolLimits.tallyMaximumOutcomes)
        #expect(ranges.first?.numbers.first == SequenceNumber(137))
        #expect(ranges.last?.numbers.last == SequenceNumber(200))
    }

    @Test func `a number that is refused there and receipted here is a contradiction`() {
        let outcomes = [Self.range(1, 4, .receipt), Self.range(5, 7, .refusal), Self.range(8, 8, .noted)]
        #expect(OutcomeComparison.unreceipted(outcomes) == [outcomes[1].numbers, outcomes[2].numbers])
        #expect(Self.contradictions(outcomes, [Self.receipted(6)]) == [6])
        #expect(Self.contradictions(outcomes, [Self.receipted(5, ago: .seconds(0)), Self.receipted(8)]) == [5, 8])
    }

    @Test func `what agrees, is unknown there, or is receipted there alone is none`() {
        #expect(Self.contradictions([Self.range(1, 4, .receipt)], [Self.receipted(1), Self.receipted(4)]).isEmpty)
        #expect(Self.contradictions([Self.range(3, 4, .refusal)], [Self.receipted(2), Self.receipted(5)]).isEmpty)
        #expect(Self.contradictions([Self.range(1, 9, .receipt)], []).isEmpty)
    }

    @Test func `a note that was overtaken by the receipt is none, for as long as a tally may be under way`() {
        let noted = [Self.range(3, 3, .noted)]
        let longest = ProtocolLimits.overtakenMaximum
        #expect(Self.contradictions(noted, [Self.receipted(3, ago: longest + Milliseconds(-1))]).isEmpty)
        #expect(Self.contradictions(noted, [Self.receipted(3, ago: longest)]) == [3])
    }
}
