import ExchangeCMS
package import ExchangeCore
import ExchangeStore

/// Signed accounts of both channels with a partner: made, verified, and handed to the ledger (`protocol.md` §8 and §9).
package struct TallyExchange: Sendable {
    private let context: NodeContext

    package init(_ context: NodeContext) { self.context = context }

    /// Our own tally for a partner, signed.
    package func make(for partner: OIN) async throws -> [UInt8] {
        try await context.adoptDirectory()
        return try sign(
            try await context.ledger.account(with: partner),
            answered: try await context.ledger.answeredNumbers(of: partner), for: partner)
    }

    /// Our own tally of what was read already, signed.
    ///
    /// - Parameter answered: what was answered to the newest numbers of the partner's channel, descending.
    func sign(_ account: ChannelAccount, answered: [AnsweredNumber], for partner: OIN) throws -> [UInt8] {
        let opening = context.ledger.opening
        let tally = Tally(
            node: context.oin, partner: partner, incarnation: opening.incarnation,
            predecessors: opening.claims(for: partner), created: context.now.wall,
            isRecovering: account.standing.isRecovering, issued: account.standing.settled, received: account.received,
            safe: account.safe, gaps: account.gaps,
            outcomes: OutcomeComparison.ranges(newestFirst: answered))
        return try context.sign(tally, as: .tally)
    }

    /// Verifies a partner's tally, and has the ledger hold it against our own books as ``TallyReception`` decides.
    ///
    /// - Parameter askedAt: when the partner was asked for it, with no batch under way: it must then have all that it had
    ///   answered. `nil` for one that comes unasked, and may have been made before an answer that is here already.
    /// - Throws: ``RequestError``; nothing of an unverified tally is kept.
    @discardableResult
    package func take(_ signed: [UInt8], from peer: OIN, askedAt: Timestamp?) async throws -> PairAgreement {
        try context.demandSigner()
        let tally = try verify(signed, from: peer)
        let agreement = try await context.ledger.takeTally(tally, signed: signed, askedAt: askedAt, now: context.now)
        // What it shows is kept as evidence; but who is not the partner's running node has nothing to ask.
        if askedAt == nil {
            let facts = try await context.ledger.incarnationFacts(tally.incarnation, after: [], of: peer)
            do {
                try facts.demandRunning()
            } catch {
                throw RequestError(error.code, error.detail, tally: try await make(for: peer))
            }
        }
        return agreement
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
        } catch {
            throw RequestError(verifying: error)
        }
    }
}
