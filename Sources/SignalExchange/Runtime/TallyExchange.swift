import ExchangeCMS
package import ExchangeCore
import ExchangeStore

/// Signed accounts of both channels with a partner: made, judged, and kept (`protocol.md` §8 and §9).
package struct TallyExchange: Sendable {
    private let context: NodeContext

    package init(_ context: NodeContext) { self.context = context }

    /// Our own tally for a partner, signed.
    package func make(for partner: OIN) async throws -> [UInt8] {
        try await context.adoptDirectory()
        let account = try await context.ledger.account(with: partner)
        let opening = context.ledger.opening
        let tally = Tally(
            node: context.oin, partner: partner, incarnation: opening.incarnation,
            predecessor: opening.predecessor.map {
                PredecessorClaim(incarnation: $0, last: opening.position(for: partner))
            },
            created: context.now.wall, isRecovering: false, issued: account.issued, received: account.received,
            safe: account.safe, gaps: account.gaps,
            outcomes: OutcomeComparison.ranges(newestFirst: try await context.ledger.answeredNumbers(of: partner)))
        return try context.sign(tally, as: .tally)
    }

    /// Verifies a partner's tally, holds it against our own books, and keeps both the tally and the finding.
    ///
    /// - Parameter isAnswer: whether the partner made it after it was asked, with no batch under way: it must then have
    ///   all that it had answered. One that comes unasked may have been made before an answer that is here already.
    /// - Throws: ``RequestError``; nothing of an unverified tally is kept.
    @discardableResult
    package func take(_ signed: [UInt8], from peer: OIN, isAnswer: Bool) async throws -> PairAgreement {
        try context.demandSigner()
        let tally = try verify(signed, from: peer)
        try await judgeIncarnation(of: tally)
        let agreement = try await compare(tally, isAnswer: isAnswer)
        let now = context.now.wall
        try await context.ledger.keepTally(
            TallyRecord(tally: tally, signed: signed, agreement: agreement, at: now))
        if case .lost(let first, let last) = agreement.outgoing {
            try await context.ledger.raise(
                Alarm(
                    code: .partnerRolledBack, partner: peer, messageID: nil,
                    detail: "its store has lost numbers \(first) to \(last), which it had answered: nobody "
                        + "there may know of these messages. Call its duty contact, and send them again as new messages",
                    at: now))
        }
        for (name, channel) in [("to", agreement.outgoing), ("from", agreement.incoming)] {
            guard let detail = Self.complaint(channel) else { continue }
            try await context.ledger.raise(
                Alarm(
                    code: .talliesDiffer, partner: peer, messageID: nil,
                    detail: "the channel \(name) this partner: \(detail)", at: now))
        }
        try await compareOutcomes(of: tally)
        return agreement
    }

    /// Its receipt is here, and it says that it gave none: a person must look. The alarm is the message's own, so that
    /// lists that agree do not end it.
    private func compareOutcomes(of tally: Tally) async throws {
        let now = context.now.wall
        let receipts = try await context.ledger.receiptedDeliveries(
            in: OutcomeComparison.unreceipted(tally.outcomes), to: tally.node)
        let found = OutcomeComparison.contradictions(of: tally.outcomes, with: receipts, now: now)
        guard let first = found.first else { return }
        let others = found.count == 1 ? "" : ", and so for \(found.count - 1) more"
        try await context.ledger.raise(
            Alarm(
                code: .talliesDiffer, partner: tally.node, messageID: first.messageID,
                detail: "number \(first.number) to this partner: its receipt is here, and its tally says that it gave "
                    + "none\(others). Call its duty contact; keep both stores",
                at: now))
    }

    private func verify(_ signed: [UInt8], from peer: OIN) throws(RequestError) -> Tally {
        let community = context.community
        do {
            let statement = try SignedStatement.verify(
                signed, kind: .tally, in: context.verification(in: community))
            let tally = try Tally(wireBytes: statement.payload)
            guard tally.node == statement.signerOIN, tally.node == peer else {
                throw RequestError(.partnerMismatch, "connection, signature and tally name different organisations")
            }
            guard tally.partner == context.oin else {
                throw RequestError(.recipientMismatch, "the tally is for \(tally.partner)")
            }
            return tally
        } catch let error as RequestError {
            throw error
        } catch let error as WireError {
            throw RequestError(error)
        } catch let error as CMSError {
            throw RequestError(statement: error)
        } catch {
            throw RequestError(.requestMalformed, "\(error)")
        }
    }

    /// A rollback or a clone is an alarm to people. It changes nothing in what is sent: no partner can silence a node.
    private func judgeIncarnation(of tally: Tally) async throws {
        let facts = try await context.ledger.incarnationFacts(
            tally.incarnation, after: tally.predecessor?.incarnation, of: tally.node)
        let judgement = IncarnationHistory.judge(predecessor: tally.predecessor, facts: facts)
        let now = context.now.wall
        func raise(_ code: AlarmCode, _ detail: String) async throws {
            try await context.ledger.raise(
                Alarm(code: code, partner: tally.node, messageID: nil, detail: detail, at: now))
        }
        switch judgement {
        case .current, .successor: break
        case .rolledBack(let lost):
            try await raise(
                .partnerRolledBack,
                "its store ends before number \(lost.last), which it had signed: call its duty contact; numbers "
                    + "\(lost.first) to \(lost.last) are here and missing there")
        case .cloned(let other):
            try await raise(
                .partnerCloned,
                "incarnations \(other) and \(tally.incarnation) grew from one store: call its duty contact")
        case .superseded where facts.latest.map({ now - $0.firstSeen < ProtocolLimits.requestTimeout }) ?? false:
            // Overtaken on its way by a tally of the successor, which this node saw just now: by our own clock, since
            // the tally's is in the hands of whoever sends it.
            break
        case .superseded(let successor):
            try await raise(
                .partnerCloned, "incarnation \(tally.incarnation) signs again although \(successor) had followed it")
        case .unproven:
            try await raise(
                .partnerHistoryUnproven,
                "it names a predecessor that this node has never seen: it was started more than once while this node "
                    + "could not hear it, or its store is new or another. Ask its duty contact which")
        }
        if case .superseded = judgement { return }
        try await context.ledger.keepIncarnation(
            SeenIncarnation(
                incarnation: tally.incarnation, predecessor: tally.predecessor?.incarnation, highest: tally.issued,
                firstSeen: now),
            of: tally.node)
    }

    private func compare(_ tally: Tally, isAnswer: Bool) async throws -> PairAgreement {
        let account = try await context.ledger.account(with: tally.node)
        let ours = try await context.ledger.runningDigest(
            with: tally.node, isOutgoing: true, at: tally.received.number)
        let theirs = try await context.ledger.runningDigest(
            with: tally.node, isOutgoing: false, at: tally.issued.number)
        return PairAgreement(
            outgoing: TallyComparison.compare(
                issued: account.issued, received: tally.received, issuerDigest: ours,
                answered: try await answered(beyond: tally, isAnswer: isAnswer)),
            incoming: Self.incoming(tally.issued, received: account.received, ourDigest: theirs))
    }

    /// What the partner had answered before it made this tally, and does not account for.
    private func answered(beyond tally: Tally, isAnswer: Bool) async throws -> NumberRange? {
        if !isAnswer {
            // Nothing new can be found in it. What an answer showed stands for as long as the account does not move.
            guard case .lost(let first, _)? = try await context.ledger.agreement(with: tally.node)?.outgoing,
                first == tally.received.number.next
            else { return nil }
        }
        return try await context.ledger.answeredNumbers(by: tally.node, beyond: tally.received.number)
    }

    /// What the partner says that it issued, against our own record of it. Batches overtake tallies, so that holding
    /// more than a tally names is no contradiction; and what it issued beyond our record cannot be judged here, but by
    /// the partner, who holds both.
    private static func incoming(
        _ issued: ChannelPosition, received: ChannelPosition, ourDigest: Digest?
    ) -> ChannelAgreement {
        guard issued.number <= received.number else { return .undecided }
        let ours = issued.number == .none ? Digest.zero : ourDigest
        return ours == issued.runningDigest ? .agree(at: issued.number, behind: 0) : .differ(at: issued.number)
    }

    private static func complaint(_ agreement: ChannelAgreement) -> String? {
        switch agreement {
        case .agree, .undecided, .lost: nil
        case .differ(let number):
            "the lists differ at or before number \(number). Keep both stores as they are: they hold the signed proof; "
                + "call the partner's duty contact"
        case .ahead(let issued, let received):
            "\(received) received, but only \(issued) issued. Either this node's store is older than what it signed (was "
                + "it restored?): then send nothing that matters through it, keep it, and call every partner; or the "
                + "partner's account is wrong: call it"
        }
    }
}
