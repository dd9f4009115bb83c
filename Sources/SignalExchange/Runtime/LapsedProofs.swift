import ExchangeCMS
import ExchangeCore
import ExchangeStore
import Logging

/// Finds stored answers that a partner asks for again and cannot take: signed by a key that was revoked since for
/// compromise, or that was never trusted. Repeated byte for byte for ever, they would leave the delivery open for ever.
struct LapsedProofs: Sendable {
    let context: NodeContext
    let community: Community

    /// - Returns: `nil` where the stored answer is to be repeated.
    func finding(
        for answer: KeptAnswer, to item: ChannelItem, from sender: OIN
    ) async -> Examining.Finding? {
        let proof: OwnProof
        switch answer {
        case .receipt(let bytes): proof = .receipt(bytes)
        case .refusal(_, let bytes): proof = .refusal(bytes)
        case .noted: return nil
        }
        guard let lapse = proof.lapse(in: verification) else { return nil }
        do {
            var verified: VerifiedMessage?
            if case .receipt = proof {
                guard let kept = try await context.ledger.message(item.messageID), !kept.isOutgoing,
                    kept.message.digest == item.messageDigest, kept.message.sender.oin == sender
                else { return nil }
                verified = try await StoredContent(context).message(kept)
            }
            context.logger.notice(
                "an answer is signed anew", metadata: ["message": "\(item.messageID)", "cause": "\(lapse)"])
            return Examining.Finding(examination: .lapsed(answer), verified: verified)
        } catch {
            context.logger.error(
                "an answer cannot be signed anew; the old one is repeated",
                metadata: ["message": "\(item.messageID)", "cause": "\(error)"])
            return nil
        }
    }

    /// Our own certificates: the one that signs now, and those that the directory has of us.
    private var verification: VerificationContext {
        let (own, community) = (context.keys.signing.certificate, community)
        return VerificationContext(trust: community.trust, now: context.now.wall) {
            $0 == own.subjectKeyIdentifier ? own : community.signer($0)
        }
    }
}
