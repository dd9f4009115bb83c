import ExchangeCMS
package import ExchangeCore
import Foundation

/// Takes a partner's card into a node's folder: first looks at all of it, and writes only what two people compared.
package struct CardImport: Sendable {
    package enum Outcome: Hashable, Sendable {
        case added
        /// In the place of one that was made then.
        case replaced(Timestamp)
        /// The very card is here already.
        case unchanged
    }

    /// What was taken.
    package struct Taken: Sendable {
        package let card: VerifiedCard
        package let outcome: Outcome
        /// Roots that this node did not know, and knows now.
        package let newAnchors: [String]
        /// Issuers of lists that are newer than those that were here.
        package let newLists: [String]
    }

    private let folder: NodeFolder
    private let own: OIN

    /// - Parameter own: the organisation of the folder.
    package init(into folder: NodeFolder, of own: OIN) {
        self.folder = folder
        self.own = own
    }

    /// - Parameters:
    ///   - spoken: the fingerprint that the other organisation read out.
    ///   - acceptsAuthority: whether a root that this node does not know yet may be added to `trust/`.
    /// - Throws: ``NodeError``: `fingerprint-differs` before anything of the card is looked at; `card-invalid`,
    ///   `card-undecided`, `card-older`, `authority-unknown`. Nothing is written then.
    package func take(
        _ bytes: [UInt8], spoken: SpokenFingerprint, acceptsAuthority: Bool, at now: Timestamp = .current
    ) throws(NodeError) -> Taken {
        guard spoken == SpokenFingerprint(of: bytes) else {
            throw NodeError(
                .fingerprintDiffers,
                "this is not the card whose fingerprint was read out; nothing was kept. Call the other organisation again, "
                    + "on the number that you know: where it reads out the same, the file was altered on its way, or is "
                    + "somebody else's")
        }
        let authorities = AuthorityFiles(folder)
        let verified = try VerifiedCard.verify(bytes, beside: try authorities.lists, at: now)
        let card = verified.card
        try demandPartner(card.member.oin)
        let outcome = try outcome(of: verified)
        let unknown = try authorities.unknownAnchors(among: card.anchors)
        guard unknown.isEmpty || acceptsAuthority else {
            let names = unknown.map { "\($0.subject), SHA-256 \($0.sha256Fingerprint)" }.joined(separator: "; ")
            throw NodeError(
                .authorityUnknown,
                "the card rests on an authority that this node does not trust: \(names). The fingerprint vouches for it too: "
                    + "import again with --accept-authority. It can then vouch for who stands in the directory, and nobody "
                    + "else; nothing was kept")
        }
        // The card last: whoever is interrupted before it imports again, and misses nothing.
        let lists = try authorities.installNewer(card.revocationLists, of: card.authorities)
        try authorities.addIntermediates(card.intermediates)
        try authorities.addAnchors(unknown)
        if outcome != .unchanged { try CardFolder(folder).keep(verified) }
        return Taken(card: verified, outcome: outcome, newAnchors: unknown.map(\.subject), newLists: lists)
    }

    private func demandPartner(_ oin: OIN) throws(NodeError) {
        guard oin != own else {
            throw NodeError(
                .cardInvalid, "this is this organisation's own card; give it to the partner, and import the partner's")
        }
        guard oin.isTest == own.isTest else {
            throw NodeError(
                .cardInvalid,
                "the card is of \(oin), and this node of \(own): test organisations (\(OIN.testPrefix)…) and real ones are "
                    + "never paired")
        }
    }

    private func outcome(of verified: VerifiedCard) throws(NodeError) -> Outcome {
        guard let earlier = try CardFolder(folder).partner(verified.card.member.oin) else { return .added }
        guard earlier.bytes != verified.bytes else { return .unchanged }
        guard earlier.card.issued < verified.card.issued else {
            throw NodeError(
                .cardOlder,
                "the card was made at \(verified.card.issued), and the one that is here at \(earlier.card.issued); ask for "
                    + "the newest. Nothing was changed")
        }
        return .replaced(earlier.card.issued)
    }
}
