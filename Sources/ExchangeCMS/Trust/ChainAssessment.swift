internal import ExchangeCore

/// All about one certificate's chain for one purpose that does not depend on the time: made once per certificate and
/// set of revocation lists, and asked again for each message, because building a chain costs as much as a message.
struct ChainAssessment: Sendable {
    /// What no moment can mend; `nil` where moment and lists decide.
    let standing: TrustVerdict?
    /// When all certificates of the chain are valid.
    let validFrom: Timestamp
    let validUntil: Timestamp
    /// One for each certificate below the anchor: the whole chain, not only its leaf.
    let revocationChecks: [RevocationCheck]

    /// One certificate against the lists of its issuer.
    struct RevocationCheck: Sendable {
        let subject: String
        let issuer: String
        /// When each list that its issuer signed is fresh, and what it says; newest first.
        let lists: [(thisUpdate: Timestamp, nextUpdate: Timestamp, revocation: Revocation?)]
    }

    /// - Parameters:
    ///   - moment: when the key was used; for a connection or before sealing, `now`.
    ///   - now: the time by which revocation lists must be fresh.
    func verdict(at moment: Timestamp, now: Timestamp) -> TrustVerdict {
        if let standing { return standing }
        if moment < validFrom { return .untrusted(.notYetValid(from: validFrom)) }
        if moment > validUntil { return .untrusted(.expired(since: validUntil)) }
        // A known revocation counts even where another list is stale: distrust goes before doubt.
        var doubt: UndecidedReason?
        var until = moment < now ? Timestamp(milliseconds: .max) : validUntil
        for check in revocationChecks {
            switch check.finding(at: moment, now: now) {
            case .clear(let fresh): until = min(until, fresh)
            case .doubt(let reason): doubt = doubt ?? reason
            case .revoked(let revocation):
                return .untrusted(.revoked(subject: check.subject, revocation))
            }
        }
        return doubt.map(TrustVerdict.undecided) ?? .trusted(until: until)
    }
}

extension ChainAssessment.RevocationCheck {
    enum Finding {
        case clear(until: Timestamp)
        case doubt(UndecidedReason)
        case revoked(Revocation)
    }

    func finding(at moment: Timestamp, now: Timestamp) -> Finding {
        guard let first = lists.first else { return .doubt(.revocationListMissing(issuer: issuer)) }
        guard let newest = lists.first(where: { $0.thisUpdate <= now + CMSLimits.clockSkew }) else {
            return .doubt(.revocationListFromTheFuture(issuer: issuer, from: first.thisUpdate))
        }
        // A stale list cannot clear a certificate any more; what it revoked stays revoked.
        if let revocation = newest.revocation {
            if revocation.reason == .certificateHold {
                if revocation.date <= moment { return .doubt(.onHold(subject: subject, since: revocation.date)) }
            } else if revocation.reason.castsDoubtOnThePast || revocation.date <= moment {
                return .revoked(revocation)
            }
        }
        guard now <= newest.nextUpdate else {
            return .doubt(.revocationListStale(issuer: issuer, since: newest.nextUpdate))
        }
        return .clear(until: newest.nextUpdate)
    }
}
