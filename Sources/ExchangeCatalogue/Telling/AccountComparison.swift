package import ExchangeCore

/// Where the word of a partner contradicts this organisation's own ledger. Each is for people: one of both has lost
/// something, or says what is not so.
package struct AccountContradiction: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        /// One id, and two messages.
        case digestDiffers = "digest-differs"
        /// It says that it holds our message, and no receipt of it is here.
        case receivedWithoutReceipt = "received-without-receipt"
        /// It does not list what it receipted, or sent.
        case missingThere = "missing-there"
        /// It lists what we sent, or receipted, and that is not here.
        case missingHere = "missing-here"
        /// It says that our people took a step which they did not.
        case stepNotOurs = "step-not-ours"
    }

    package let kind: Kind
    package let message: MessageID
    package let code: String
    /// What each of both says, and what to do.
    package let detail: String

    package init(_ kind: Kind, _ message: MessageID, _ code: String, _ detail: String) {
        self.kind = kind
        self.message = message
        self.code = code
        self.detail = detail
    }
}

/// Compares what a partner's ledger says of a case with this organisation's own.
package enum AccountComparison {
    /// - Parameters:
    ///   - account: what the partner says.
    ///   - partner: who says it.
    ///   - time: when it said so; what came later says nothing against it.
    ///   - own: what this organisation's ledger has of the case, whoever took part.
    ///   - me: this organisation.
    package static func contradictions(
        _ account: CaseAccount, by partner: OIN, at time: Timestamp, with own: [CaseAccount.Entry], of me: OIN
    ) -> [AccountContradiction] {
        var found: [AccountContradiction] = []
        for entry in account.entries {
            if let kept = own.first(where: { $0.id == entry.id }) {
                found += differences(entry, by: partner, from: kept, of: me)
            } else if entry.sender.oin == me || entry.told(me)?.standing.isTold == true {
                found.append(
                    AccountContradiction(
                        .missingHere, entry.id, entry.code,
                        entry.sender.oin == me
                            ? "it holds this message as ours, and it is not here: reconcile with it, this ledger may have lost it"
                            : "it has our receipt for this message, and it is not here: reconcile with it, this ledger may "
                                + "have lost it"))
            }
        }
        for kept in own where account.covers(kept.id) && !account.entries.contains(where: { $0.id == kept.id }) {
            let isReceipted = kept.told(partner).flatMap(\.receiptedAt).map { $0 <= time } ?? false
            let isItsOwn = kept.sender.oin == partner && kept.told(me)?.standing.isTold == true && kept.created <= time
            guard kept.sender.oin == me && isReceipted || isItsOwn else { continue }
            found.append(
                AccountContradiction(
                    .missingThere, kept.id, kept.code,
                    isItsOwn
                        ? "it sent this message and does not list it: reconcile with it, its ledger may have lost it"
                        : "it receipted this message and does not list it: its receipt is here as evidence; reconcile with it"
                ))
        }
        return found
    }

    private static func differences(
        _ entry: CaseAccount.Entry, by partner: OIN, from kept: CaseAccount.Entry, of me: OIN
    ) -> [AccountContradiction] {
        func contradiction(_ kind: AccountContradiction.Kind, _ detail: String) -> AccountContradiction {
            AccountContradiction(kind, kept.id, kept.code, detail)
        }
        guard entry.digest == kept.digest else {
            return [
                contradiction(
                    .digestDiffers,
                    "it has another message under this id (digest \(entry.digest), here \(kept.digest)): call it and the "
                        + "sender, \(kept.sender.oin.text), and export the evidence")
            ]
        }
        var found: [AccountContradiction] = []
        if kept.sender.oin == me, let said = entry.told(partner), said.standing.isTold, let here = kept.told(partner),
            !here.standing.isTold
        {
            found.append(
                contradiction(
                    .receivedWithoutReceipt,
                    "it says that it holds this message, and no receipt is here: its word is no proof; look again when the "
                        + "next receipts have come"))
        }
        if kept.sender.oin == partner, let said = entry.told(me), let here = kept.told(me),
            said.ownedAt != nil && here.standing == .receipted || said.concludedAt != nil && here.standing != .concluded
        {
            found.append(
                contradiction(
                    .stepNotOurs,
                    "it says that our people took or concluded this message, and here nobody did: look who did, or reconcile "
                        + "where a backup was put back"))
        }
        return found
    }
}
