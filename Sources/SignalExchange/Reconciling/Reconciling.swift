import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Foundation
import Logging

/// Makes the report of a pair: hears the partner, reads the books at one moment, signs what they say, and keeps it
/// (`protocol.md` §8.3).
struct Reconciling: Sendable {
    /// How long the partner has to answer a tally before the report rests on the last one.
    static let hearingMaximum = Milliseconds.seconds(10)

    let context: NodeContext
    let links: PartnerLinks
    let files: ReconciliationFiles

    /// - Parameter actor: who asks.
    /// - Throws: ``NodeError`` `request-invalid` for who is no member and has no books here, `certificate-unusable`,
    ///   `file-unreadable`.
    func make(with partner: OIN, by actor: ActorID) async throws -> KeptReport {
        try await demandKnown(partner)
        try await context.adoptDirectory()
        let driver = links.driver(for: partner)
        let isNow = await driver?.isHeardAnew(within: Self.hearingMaximum) ?? false
        let link = await driver?.status
        let kept = try await context.ledger.lastTally(of: partner)
        let tally = try kept.map { try Self.tally($0) }
        let books = try await context.ledger.books(
            with: partner, against: tally, maximumItems: PairReport.listedMaximumItems)
        let now = context.now
        let problem = driver == nil ? "it is not in the directory" : link?.lastProblem ?? "no answer in time"
        let directory = context.community.directory
        let report = PairReport(
            node: context.oin, partner: partner, incarnation: context.ledger.opening.incarnation, directory: directory,
            heard: .init(isNow: isNow, problem: isNow ? "" : problem, tally: tally, takenAt: kept?.keptAt),
            books: books, link: link, now: now,
            ownTally: try TallyExchange(context).sign(books.account, answered: books.answered, for: partner),
            partnerTally: kept?.signed)
        let document = try JSONWriter.write(report.document(), limits: PairReport.limits)
        let signed = try SignedStatement.sign(document, kind: .reconciliation, by: try context.signer(), at: now.wall)
        let digest = sha256(signed)
        // First the log, then the file: a report that the audit log does not have was not made.
        try await context.ledger.noteReconciliation(
            with: partner, digest: digest, note: "\(report.verdict.rawValue) \(actor.text)", at: now.wall)
        let path = try files.keep(signed, digest: digest, of: partner, at: now.wall)
        try files.removeOldest(of: partner)
        return KeptReport(signed: signed, path: path)
    }

    /// It was verified before it was kept.
    private static func tally(_ kept: KeptTally) throws -> Tally {
        try Tally(wireBytes: try SignedStatement.unverifiedPayload(kept.signed, kind: .tally))
    }

    /// An OIN with a slip in it has no books either: "nothing is missing" would be taken for good news.
    private func demandKnown(_ partner: OIN) async throws {
        guard context.community.directory.member(partner) == nil || partner == context.oin,
            try await !context.ledger.partners().contains(where: { $0.partner == partner })
        else { return }
        throw NodeError(
            .requestInvalid,
            "\(partner) is no partner in the directory, and nothing was ever exchanged with it; see `exchange-node "
                + "partners`")
    }
}
