/// What a partner answered of one delivery, after its proof was verified.
package enum VerifiedAnswer: Hashable, Sendable {
    /// A receipt signed by the delivery's own recipient, over the message's own signature.
    case receipt([UInt8])
    case refusal(RefusalCode, detail: String, [UInt8])
    case later(LaterCode, detail: String)
    /// It wrote down that a number is void or held, as it was declared to it. What was held, released or withdrawn since is
    /// told anew.
    case noted(as: ItemKind)
    /// It was not sent at all, or its receipt cannot be judged: something on our side keeps it back, and the alarm says
    /// what.
    case notSent(AlarmCode, detail: String, retryAfter: Milliseconds)
    /// The proof does not verify, or is another organisation's: it counts for nothing, and is an alarm.
    case invalid(reason: String)
}

/// What the store says of a delivery, inside the transaction that records its answer.
package struct DeliveryFacts: Hashable, Sendable {
    package let message: MessageSummary
    package let recipient: Party
    package let transport: TransportState
    package let attempts: Int
    /// Whether it is sent again, because the partner has lost its answer.
    package let isRefilled: Bool

    package init(
        message: MessageSummary, recipient: Party, transport: TransportState, attempts: Int, isRefilled: Bool = false
    ) {
        self.isRefilled = isRefilled
        self.message = message
        self.recipient = recipient
        self.transport = transport
        self.attempts = attempts
    }
}

/// Decides what an answer changes, also for a number that was declared void or held. A repeated answer changes nothing.
package enum AnswerRecording {
    /// - Parameter jitter: a random word, for the time of the next attempt.
    package static func decide(
        _ answer: VerifiedAnswer, for key: DeliveryKey, facts: DeliveryFacts, jitter: UInt64, now: Now
    ) -> [LedgerChange] {
        ofDelivery(answer, for: key, facts: facts, jitter: jitter, now: now)
            + (facts.isRefilled ? ofRefill(answer, for: key, facts: facts, jitter: jitter, now: now) : [])
    }

    /// What was answered before stands, whatever is answered now: the partner has it again, or is asked again.
    private static func ofRefill(
        _ answer: VerifiedAnswer, for key: DeliveryKey, facts: DeliveryFacts, jitter: UInt64, now: Now
    ) -> [LedgerChange] {
        switch answer {
        case .receipt, .noted: return [.endRefill(of: key)]
        case .refusal(let code, let detail, _):
            guard facts.transport == .receipted else { return [.endRefill(of: key)] }
            return [
                .endRefill(of: key),
                .raiseAlarm(
                    alarm(
                        .deliveryRefused, key, facts,
                        "\(said(code.rawValue, detail)). Its store has lost this message, which it had receipted, and it "
                            + "refuses it now: call its duty contact, and see that it is told",
                        now: now)),
            ]
        case .later, .invalid:
            let wait = Backoff.delay(afterFailures: facts.attempts + 1, jitter: jitter)
            return [.deferRefill(of: key, until: now.wall + wait)]
        case .notSent(_, _, let retryAfter): return [.deferRefill(of: key, until: now.wall + retryAfter)]
        }
    }

    private static func ofDelivery(
        _ answer: VerifiedAnswer, for key: DeliveryKey, facts: DeliveryFacts, jitter: UInt64, now: Now
    ) -> [LedgerChange] {
        switch answer {
        case .receipt(let proof):
            guard let next = facts.transport.after(.receiptVerified) else { return [] }
            return [
                .moveTransport(of: key, to: next, proof: proof, detail: "", at: now.wall),
                .appendLeaf(leaf(.receiptRecorded, key, facts, now: now)),
            ]
                // What was said of this delivery while it was open is over with its receipt.
                + (AlarmCode.ofOneDelivery + [.acknowledgementWithoutReceipt]).map {
                    .clearAlarm($0, partner: key.partner, messageID: facts.message.id)
                }
        case .refusal(let code, let detail, let proof):
            // The partner had refused the message before it heard of its withdrawal, and repeats that: the number has
            // its answer, and need not be declared any more.
            if facts.transport == .withdrawn { return [.endDeclaration(of: key)] }
            guard let next = facts.transport.after(.refusalVerified) else { return [] }
            let said = said(code.rawValue, detail)
            return [
                .moveTransport(of: key, to: next, proof: proof, detail: said, at: now.wall),
                .appendLeaf(leaf(.refusalRecorded, key, facts, note: code.rawValue, now: now)),
                .clearAlarm(.deliveryDeferred, partner: key.partner, messageID: facts.message.id),
                .raiseAlarm(
                    alarm(
                        .deliveryRefused, key, facts,
                        "\(said). Correct it and send it as a new message that supersedes this one; an "
                            + "acknowledgement (NOD-02, NOD-03) cannot be sent anew: telephone the partner, and withdraw it.",
                        now: now)),
            ]
        case .later(let code, let detail):
            let said = said(code.rawValue, detail)
            let changes = deferral(key, facts, detail: said, jitter: jitter, now: now)
            // A settled delivery waits for nothing: an alarm about it would never be cleared.
            guard facts.transport == .open else { return changes }
            return changes + [
                .raiseAlarm(alarm(.deliveryDeferred, key, facts, advice(.deliveryDeferred) + said, now: now))
            ]
        case .noted(let kind):
            switch (kind, facts.transport) {
            case (.message, _), (.again, _): preconditionFailure("a message is receipted or refused, not noted")
            case (.held, .held), (.void, .withdrawn): return [.endDeclaration(of: key)]
            case (.held, _), (.void, _): return []
            }
        case .notSent(let alarmCode, let detail, let retryAfter):
            guard facts.transport.isToBeTold else { return [] }
            let changes: [LedgerChange] = [
                .deferDelivery(
                    key, until: now.wall + retryAfter, detail: said(alarmCode.rawValue, detail), isAttempt: false)
            ]
            guard facts.transport == .open else { return changes }
            return changes + [.raiseAlarm(alarm(alarmCode, key, facts, advice(alarmCode) + detail, now: now))]
        case .invalid(let reason):
            let said = said(AlarmCode.receiptInvalid.rawValue, reason)
            return deferral(key, facts, detail: said, jitter: jitter, now: now) + [
                .raiseAlarm(alarm(.receiptInvalid, key, facts, reason, now: now))
            ]
        }
    }

    /// What to do, before what happened: a parser's words tell nobody at night who is to be called.
    private static func advice(_ code: AlarmCode) -> String {
        switch code {
        case .deliveryDeferred: "where it presses, telephone the partner now; it is sent again by itself: "
        case .storedMessageUnreadable:
            "it cannot be sent now: where it presses, telephone the partner. Where another recipient has it, it is got back "
                + "by itself; where this stays, send it anew, and look at the disk: "
        default: ""
        }
    }

    /// A stable code, and the words beside it where there are any.
    private static func said(_ code: String, _ words: String) -> String { words.isEmpty ? code : "\(code): \(words)" }

    /// What is still to be told is told again later, a declaration like a message: at once would be without an end.
    private static func deferral(
        _ key: DeliveryKey, _ facts: DeliveryFacts, detail: String, jitter: UInt64, now: Now
    ) -> [LedgerChange] {
        guard facts.transport.isToBeTold else { return [] }
        let wait = Backoff.delay(afterFailures: facts.attempts + 1, jitter: jitter)
        return [.deferDelivery(key, until: now.wall + wait, detail: detail, isAttempt: true)]
    }

    private static func leaf(
        _ kind: AuditKind, _ key: DeliveryKey, _ facts: DeliveryFacts, note: String = "", now: Now
    ) -> AuditLeaf {
        AuditLeaf(
            kind, at: now.wall, messageID: facts.message.id, partner: key.partner, number: key.number,
            digest: facts.message.digest, note: note)
    }

    private static func alarm(
        _ code: AlarmCode, _ key: DeliveryKey, _ facts: DeliveryFacts, _ detail: String, now: Now
    ) -> Alarm {
        Alarm(code: code, partner: key.partner, messageID: facts.message.id, detail: detail, at: now.wall)
    }
}

extension TransportState {
    /// Whether the partner hears of a delivery in this state: by its message, or by a declaration.
    fileprivate var isToBeTold: Bool {
        switch self {
        case .open, .held, .withdrawn: true
        case .receipted, .refused: false
        }
    }
}

/// Exponential back-off with full jitter and a cap; it never ends (`protocol.md` §10.1).
package enum Backoff {
    /// A span from 0 to the exponential bound, evenly spread, so that nodes that failed together do not return together.
    ///
    /// - Parameter failures: 1 or more.
    package static func delay(afterFailures failures: Int, jitter: UInt64) -> Milliseconds {
        let doublings = min(max(failures, 1) - 1, 20)
        let bound = min(ProtocolLimits.retryFirst.count << doublings, ProtocolLimits.retryMaximum.count)
        return Milliseconds(Int64(jitter % UInt64(bound + 1)))
    }
}
