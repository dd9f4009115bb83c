import ExchangeCore
import Testing

@Suite struct TallyComparisonTests {
    private static func position(_ number: UInt64, _ byte: UInt8) -> ChannelPosition {
        ChannelPosition(number: SequenceNumber(number), runningDigest: Sample.digest(byte))
    }

    private static func compare(_ issued: ChannelPosition, _ received: ChannelPosition, _ digest: UInt8? = nil)
        -> ChannelAgreement
    {
        TallyComparison.compare(issued: issued, received: received, issuerDigest: digest.map { Sample.digest($0) })
    }

    @Test func `equal lists agree at the last number and are settled`() {
        let agreement = Self.compare(Self.position(7, 1), Self.position(7, 1))
        #expect(agreement == .agree(at: SequenceNumber(7), behind: 0))
        #expect(agreement.isSettled)
    }

    @Test func `two empty lists agree`() {
        #expect(Self.compare(.start, .start).isSettled)
    }

    @Test func `a shorter list agrees where the digests at its end are equal`() {
        let agreement = Self.compare(Self.position(9, 5), Self.position(7, 1), 1)
        #expect(agreement == .agree(at: SequenceNumber(7), behind: 2))
        #expect(agreement.isSettled == false)
        #expect(Self.compare(Self.position(9, 5), .start) == .agree(at: .none, behind: 9), "no digest is needed at 0")
    }

    @Test func `other digests differ, at the end and before it`() {
        #expect(Self.compare(Self.position(7, 1), Self.position(7, 2)) == .differ(at: SequenceNumber(7)))
        #expect(Self.compare(Self.position(9, 5), Self.position(7, 1), 2) == .differ(at: SequenceNumber(7)))
        #expect(Self.compare(.start, Self.position(0, 3)) == .differ(at: .none))
    }

    @Test func `a receiver that claims more than was issued is ahead`() {
        #expect(
            Self.compare(Self.position(6, 1), Self.position(7, 1))
                == .ahead(issued: SequenceNumber(6), received: SequenceNumber(7)))
    }

    @Test func `numbers that were answered and are accounted for no more are lost`() {
        let lost = NumberRange(SequenceNumber(8), SequenceNumber(9))
        func compare(digest: UInt8) -> ChannelAgreement {
            TallyComparison.compare(
                issued: Self.position(9, 5), received: Self.position(7, 1), issuerDigest: Sample.digest(digest),
                answered: lost)
        }
        #expect(compare(digest: 1) == .lost(from: lost.first, to: lost.last))
        #expect(!compare(digest: 1).isAgreed)
        #expect(compare(digest: 2) == .differ(at: SequenceNumber(7)), "other lists are the graver finding")
    }

    @Test func `of what a partner issued beyond our record nothing is claimed, and up to it the digests are equal`() {
        func compare(_ issued: ChannelPosition, _ digest: UInt8?) -> ChannelAgreement {
            TallyComparison.compare(
                issuedThere: issued, receivedHere: Self.position(7, 1), receiverDigest: digest.map { Sample.digest($0) }
            )
        }
        #expect(compare(Self.position(8, 9), nil) == .undecided)
        #expect(compare(Self.position(7, 1), 1) == .agree(at: SequenceNumber(7), behind: 0))
        #expect(compare(Self.position(5, 3), 3).isSettled, "holding more than a tally names is no contradiction")
        #expect(compare(Self.position(5, 3), 4) == .differ(at: SequenceNumber(5)))
        #expect(compare(.start, nil).isSettled, "no digest is needed at 0")
    }

    @Test func `without the digest to compare nothing is claimed`() {
        #expect(Self.compare(Self.position(9, 5), Self.position(7, 1)) == .undecided)
    }
}
