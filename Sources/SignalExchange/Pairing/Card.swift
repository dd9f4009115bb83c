package import ExchangeCMS
package import ExchangeCore
import Foundation

/// What one organisation says of itself to another, so that their nodes can reach each other (`protocol.md` §14.2). That
/// it was read says nothing about whose it is: see ``VerifiedCard``, and the fingerprint.
package struct Card: Sendable {
    package let issued: Timestamp
    /// As it is to stand in a directory.
    package let member: Member
    /// The roots that the certificates lead to.
    package let anchors: [Certificate]
    /// What stands between.
    package let intermediates: [Certificate]
    /// Of these authorities, as they were when the card was made.
    package let revocationLists: [RevocationList]

    package init(
        issued: Timestamp, member: Member, anchors: [Certificate], intermediates: [Certificate],
        revocationLists: [RevocationList]
    ) {
        self.issued = issued
        self.member = member
        self.anchors = anchors
        self.intermediates = intermediates
        self.revocationLists = revocationLists
    }

    package var authorities: [Certificate] { anchors + intermediates }
}

/// A card whose form, certificates, chains and signature hold, all by itself: that it is its organisation's, and not that
/// of somebody who wrote its name, the fingerprint alone shows. Only ``verify(_:beside:at:)`` makes one.
package struct VerifiedCard: Sendable {
    package let card: Card
    /// The signed bytes, as they are handed over.
    package let bytes: [UInt8]
    package let fingerprint: SpokenFingerprint

    private init(_ card: Card, bytes: [UInt8]) {
        self.card = card
        self.bytes = bytes
        fingerprint = SpokenFingerprint(of: bytes)
    }

    /// - Parameter lists: revocation lists that are here, which may be newer than those in the card.
    /// - Throws: ``NodeError`` `card-invalid` for what will never hold, `card-undecided` for what may later: a list that is
    ///   stale, or a clock that is wrong.
    package static func verify(
        _ bytes: [UInt8], beside lists: [RevocationList] = [], at now: Timestamp
    ) throws(NodeError) -> VerifiedCard {
        let card = try read(bytes)
        guard card.issued <= now + CMSLimits.clockSkew else {
            throw NodeError(
                .cardUndecided,
                "the card was made at \(card.issued), which is in the future; look at the clocks of both machines")
        }
        do {
            let trust = try TrustStore(
                anchors: card.anchors, intermediates: card.intermediates,
                revocationLists: card.revocationLists + lists)
            try demandHold(card, in: trust, at: now)
            try demandUsed(card, in: trust)
            let context = VerificationContext(trust: trust, now: now) { identifier in
                card.member.certificates.signing.first { $0.subjectKeyIdentifier == identifier }
            }
            _ = try SignedStatement.verify(bytes, kind: .card, in: context)
        } catch let error as NodeError {
            throw error
        } catch {
            // The signer is looked for in the card itself: one that is not there will not be there later.
            let passing: [CMSErrorCode] = [.signerUndecided, .signingTimeInFuture, .cryptographicLibrary]
            throw NodeError(
                (error as? CMSError).map { passing.contains($0.code) } == true ? .cardUndecided : .cardInvalid,
                "the card of \(card.member.name), \(card.member.oin), does not verify; have it made and sent anew",
                cause: "\(error)")
        }
        return VerifiedCard(card, bytes: bytes)
    }

    /// What the bytes say, before anything of it is verified.
    ///
    /// - Throws: ``NodeError`` `card-invalid`.
    package static func read(_ bytes: [UInt8]) throws(NodeError) -> Card {
        do {
            return try CardDocument.decode(SignedStatement.unverifiedPayload(bytes, kind: .card))
        } catch {
            throw NodeError(
                .cardInvalid, "this is no card, or it was damaged on its way; have it sent anew", cause: "\(error)")
        }
    }

    /// Judges the card of a folder again, whose lists may be stale by now: who made it was found when it was taken, and
    /// each node judges by its own lists what it does.
    ///
    /// - Throws: ``NodeError`` `card-invalid`.
    static func demandKept(_ card: Card, beside lists: [RevocationList], at now: Timestamp) throws(NodeError) {
        do {
            let trust = try TrustStore(
                anchors: card.anchors, intermediates: card.intermediates,
                revocationLists: card.revocationLists + lists)
            try demandHold(card, in: trust, allowsDoubt: true, at: now)
        } catch let error as NodeError {
            throw NodeError(
                error.code,
                "\(error.message). Import the newest card of \(card.member.name), \(card.member.oin), or take the one in cards/ "
                    + "away", cause: error.cause)
        } catch {
            throw NodeError(.internalFault, "a card of the folder cannot be judged", cause: "\(error)")
        }
    }

    /// - Parameter allowsDoubt: whether a list that is stale or missing is none of the card's faults.
    private static func demandHold(
        _ card: Card, in trust: TrustStore, allowsDoubt: Bool = false, at now: Timestamp
    ) throws(NodeError) {
        for (use, certificates) in card.member.certificates.all {
            for certificate in certificates {
                let name = "the card's certificate for \(use.rawValue), \(certificate.subject),"
                switch trust.verdict(for: certificate, purpose: use.purpose, at: now, now: now) {
                case .trusted: break
                case .undecided(let reason) where reason.isOfRevocation:
                    guard !allowsDoubt else { break }
                    throw NodeError(
                        .cardUndecided,
                        "\(name) cannot be judged now: \(reason). Have a card made with fresh lists, or put the list into "
                            + "crl/ first")
                case .undecided(let reason):
                    throw NodeError(.cardInvalid, "\(name) does not hold: \(reason)")
                case .untrusted(let reason):
                    throw NodeError(
                        .cardInvalid,
                        "\(name) does not hold: \(reason). Its organisation mends that and makes a new card")
                }
            }
        }
        for certificate in card.member.certificates.tls
        where !certificate.dnsNames.contains(card.member.oin.tlsName) {
            throw NodeError(
                .cardInvalid,
                "the card's certificate for tls, \(certificate.subject), does not bear the name "
                    + "\(card.member.oin.tlsName), by which its node is called; its organisation has a new one issued")
        }
    }

    /// An authority that nothing in the card rests on would be installed for no reason that anybody sees.
    private static func demandUsed(_ card: Card, in trust: TrustStore) throws {
        var used: Set<Certificate> = []
        for (_, certificates) in card.member.certificates.all {
            for certificate in certificates { used.formUnion(try trust.authorities(above: certificate)) }
        }
        for authority in card.authorities where !used.contains(authority) {
            throw NodeError(
                .cardInvalid,
                "the card brings the authority \(authority.subject), which none of its certificates was issued by; ask why "
                    + "it is there")
        }
    }
}

extension MemberCertificates {
    /// By their use, in a fixed order.
    var all: [(use: NodeFolder.KeyUse, certificates: [Certificate])] {
        [(.signing, signing), (.agreement, agreement), (.tls, tls)]
    }
}
