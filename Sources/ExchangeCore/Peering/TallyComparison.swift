/// What two accounts of one channel say of each other.
public enum ChannelAgreement: Hashable, Sendable {
    /// Both hold the same numbered list up to `at`. `behind` numbers were issued beyond it, and are not yet held.
    case agree(at: SequenceNumber, behind: UInt64)
    /// The lists differ at or before this number.
    case differ(at: SequenceNumber)
    /// The receiving side claims more than was ever issued.
    case ahead(issued: SequenceNumber, received: SequenceNumber)
    /// The receiving side answered these numbers, and its account no longer has them: its store is older than its
    /// answers. They are receipted, and whom they were for has not been told.
    case lost(from: SequenceNumber, to: SequenceNumber)
    /// The digest at the number to be compared is not to be had.
    case undecided

    /// Nothing contradicts, whether or not all has arrived.
    public var isAgreed: Bool { if case .agree = self { true } else { false } }
    public var isSettled: Bool { if case .agree(_, behind: 0) = self { true } else { false } }
}

/// Both channels of a pair, seen from this node.
public struct PairAgreement: Hashable, Sendable {
    public let outgoing: ChannelAgreement
    public let incoming: ChannelAgreement

    public init(outgoing: ChannelAgreement, incoming: ChannelAgreement) {
        self.outgoing = outgoing
        self.incoming = incoming
    }
}

/// Compares our account with a partner's tally (`protocol.md` §8.2).
package enum TallyComparison {
    /// Two accounts agree at N, the lesser of issued and received, when their running digests at N are equal; nothing is
    /// claimed beyond N.
    ///
    /// - Parameters:
    ///   - issuerDigest: the issuer's running digest at the receiver's number, where that is the lesser.
    ///   - answered: the numbers right after `received` that the receiver had answered, by its proofs here, **before** it
    ///     made this account; `nil` where there are none, or where nobody can say which was first.
    package static func compare(
        issued: ChannelPosition, received: ChannelPosition, issuerDigest: Digest?, answered: NumberRange? = nil
    ) -> ChannelAgreement {
        guard received.number <= issued.number else { return .ahead(issued: issued.number, received: received.number) }
        let behind = issued.number.value - received.number.value
        let atReceived = behind == 0 ? issued.runningDigest : received.number == .none ? Digest.zero : issuerDigest
        guard let atReceived else { return .undecided }
        guard atReceived == received.runningDigest else { return .differ(at: received.number) }
        if let answered { return .lost(from: answered.first, to: answered.last) }
        return .agree(at: received.number, behind: behind)
    }

    /// Compares our books with a partner's tally, both ways.
    ///
    /// Nothing new can be found lost in a tally that came unasked: it may have been made before an answer that is here already.
    /// What an answer showed stands for as long as the account does not move.
    ///
    /// - Parameter isAnswer: whether it answers one of ours, with no batch under way.
    package static func compare(_ tally: Tally, facts: TallyFacts, isAnswer: Bool) -> PairAgreement {
        var wasLost = false
        if case .lost(let first, _)? = facts.agreement?.outgoing { wasLost = first == tally.received.number.next }
        // Beyond what is back there is no list of ours to compare with.
        let isBeyond = facts.standing.isRecovering && tally.received.number > facts.standing.settled.number
        return PairAgreement(
            outgoing: isBeyond
                ? .undecided
                : compare(
                    issued: facts.issued, received: tally.received, issuerDigest: facts.issuerDigest,
                    answered: isAnswer || wasLost ? facts.answered : nil),
            incoming: compare(
                issuedThere: tally.issued, receivedHere: facts.received, receiverDigest: facts.receiverDigest))
    }

    /// What the partner says that it issued, against our own record of it. Batches overtake tallies, so that holding
    /// more than a tally names is no contradiction; and what it issued beyond our record cannot be judged here, but by
    /// the partner, who holds both.
    ///
    /// - Parameter receiverDigest: our running digest of the partner's channel at the number that it issued last.
    package static func compare(
        issuedThere issued: ChannelPosition, receivedHere received: ChannelPosition, receiverDigest: Digest?
    ) -> ChannelAgreement {
        guard issued.number <= received.number else { return .undecided }
        let atIssued = issued.number == .none ? Digest.zero : receiverDigest
        return atIssued == issued.runningDigest ? .agree(at: issued.number, behind: 0) : .differ(at: issued.number)
    }
}
