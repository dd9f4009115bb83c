import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Foundation

/// The report of a pair, as it is signed (`protocol.md` §8.3): what both sides' books say, and who acts next on what is not
/// settled.
struct PairReport {
    static let limits = JSONLimits(byteCount: ProtocolLimits.reconciliationMaximumBytes, depth: 8)
    /// Listed of each state; how many there are is said in any case.
    static let listedMaximumItems = 500

    /// What was found out of the partner for this report.
    struct Heard {
        let isNow: Bool
        /// Why it did not answer; empty where it did.
        let problem: String
        /// The tally that is compared; `nil` where it was never heard.
        let tally: Tally?
        let takenAt: Timestamp?
    }

    let node: OIN
    let partner: OIN
    let incarnation: IncarnationID
    let directory: Directory
    let heard: Heard
    let books: PairBooks
    let link: PartnerDriver.Status?
    let now: Now
    /// Signed: our own, and the partner's as it came.
    let ownTally: [UInt8]
    let partnerTally: [UInt8]?

    var verdict: PairVerdict { Reconciliation.verdict(standing) }

    private var standing: PairStanding {
        PairStanding(
            isHeardNow: heard.isNow, agreement: agreement,
            states: UnsettledState.allCases.filter { count(of: $0) > 0 },
            isRecoveringHere: account.standing.isRecovering, isRecoveringThere: heard.tally?.isRecovering ?? false,
            alarms: books.alarms.map(\.alarm.code),
            // What people have not acknowledged yet is not of the books: it was delivered, or stands among what is open.
            hasAlarmOfMessage: books.alarms.contains {
                $0.alarm.messageID != nil && $0.alarm.code != .acknowledgementOverdue
            },
            // The most pressing stand first, and of those the oldest.
            hasLateDelivery: books.open.entries.contains(where: isLate))
    }

    private var account: ChannelAccount { books.account }
    private var name: String { directory.member(partner)?.name ?? partner.text }
    private var telephone: String {
        directory.member(partner).map { "telephone \($0.dutyContact.name), \($0.dutyContact.phone)" }
            ?? "telephone its duty contact"
    }

    private var agreement: PairAgreement? {
        guard let tally = heard.tally, let facts = books.facts else { return nil }
        return TallyComparison.compare(tally, facts: facts, isAnswer: false)
    }

    // MARK: The document

    func document() -> JSONValue {
        [
            "version": 1, "node": organisation(node), "partner": organisation(partner),
            "made": .string(now.wall.description), "incarnation": .string(incarnation.description),
            "verdict": .string(verdict.rawValue), "summary": .string(summary), "heard": heardDocument,
            "recovering": account.standing.span.map {
                ["from": number(account.standing.settled.number), "until": number($0.until)]
            } ?? .null,
            "outgoing": outgoing, "incoming": incoming,
            "alarms": .array(
                books.alarms.prefix(Self.listedMaximumItems).map {
                    [
                        "code": .string($0.alarm.code.rawValue),
                        "message": $0.alarm.messageID.map { .string($0.description) } ?? .null,
                        "since": .string($0.alarm.at.description), "detail": .string($0.alarm.detail),
                    ]
                }),
            "proofs": [
                "ownTally": .string(Data(ownTally).base64EncodedString()),
                "partnerTally": partnerTally.map { .string(Data($0).base64EncodedString()) } ?? .null,
            ],
        ]
    }

    private func organisation(_ oin: OIN) -> JSONValue {
        ["oin": .string(oin.text), "name": .string(directory.member(oin)?.name ?? oin.text)]
    }

    private var heardDocument: JSONValue {
        let age = heard.takenAt.map { max(0, (now.wall - $0).count / 1000) }
        return [
            "now": .bool(heard.isNow), "at": time(heard.takenAt), "created": time(heard.tally?.created),
            "ageSeconds": age.map { .integer($0) } ?? .null,
            "incarnation": heard.tally.map { .string($0.incarnation.description) } ?? .null,
            "recovering": .bool(heard.tally?.isRecovering ?? false), "problem": .string(heard.problem),
        ]
    }

    private var summary: String {
        switch verdict {
        case .agreed:
            "Both ledgers agree: \(account.issued.number) sent to \(name), \(account.received.number) received from it, "
                + "and nothing is open."
        case .unconfirmed:
            heard.tally == nil
                ? "Nothing is known to be missing, but \(name) was never heard."
                : "Both ledgers agreed when \(name) was last heard, and nothing is open here; it did not answer now."
        case .open:
            books.heldThere.count > 0
                ? "Not all has arrived: \(name) holds something back, and a person there must decide. All else goes on by "
                    + "itself."
                : "Not all has arrived. The nodes go on by themselves; nobody has to do anything."
        case .person: "Somebody must decide: see the lines that say so, and the alarms."
        }
    }

    private var outgoing: JSONValue {
        channel(
            agreement?.outgoing, issued: account.issued, received: heard.tally?.received,
            gaps: heard.tally?.gaps ?? [],
            [
                list(.open, books.open) { delivery($0, .open) }, list(.held, books.held) { delivery($0, .held) },
                list(.refused, books.refused) { delivery($0, .refused) }, list(.again, books.again, again),
                list(.lost, books.lost) { delivery($0, .lost) }, list(.void, books.withdrawn) { delivery($0, .void) },
            ])
    }

    private var incoming: JSONValue {
        channel(
            agreement?.incoming, issued: heard.tally?.issued, received: account.received, gaps: books.gaps.entries,
            [
                Listed(
                    state: .missing, count: count(of: .missing), isWhole: books.gaps.isWhole,
                    items: missing.map { range($0, .missing) }),
                list(.heldThere, books.heldThere) { unreceipted($0, .heldThere) },
                Listed(
                    state: .beyond, count: count(of: .beyond), isWhole: true,
                    items: beyond.map { [range($0, .beyond)] } ?? []),
                list(.voidThere, books.voidThere) { unreceipted($0, .voidThere) },
                list(.refusedHere, books.refusedHere) { unreceipted($0, .refusedHere) },
            ])
    }

    /// What is in one state, as far as it is listed.
    private struct Listed {
        let state: UnsettledState
        let count: Int
        let isWhole: Bool
        let items: [JSONValue]
    }

    private func list<Entry: Hashable & Sendable>(
        _ state: UnsettledState, _ excerpt: Excerpt<Entry>, _ show: (Entry) -> JSONValue
    ) -> Listed {
        Listed(
            state: state, count: excerpt.count, isWhole: excerpt.isWhole,
            items: excerpt.entries.prefix(Self.listedMaximumItems).map(show))
    }

    private func channel(
        _ agreement: ChannelAgreement?, issued: ChannelPosition?, received: ChannelPosition?, gaps: [NumberRange],
        _ lists: [Listed]
    ) -> JSONValue {
        let agreed = agreedPosition(agreement, issued: issued, received: received)
        var counts = JSONObject()
        for list in lists { counts[list.state.rawValue] = .integer(Int64(list.count)) }
        return [
            "comparison": .string(word(agreement)),
            "agreedUpTo": agreed.map { number($0.number) } ?? .null,
            "runningDigest": agreed.map { .string($0.runningDigest.description) } ?? .null,
            "issued": issued.map { number($0.number) } ?? .null,
            "received": received.map { number($0.number) } ?? .null,
            "gaps": .array(gaps.map { ["first": number($0.first), "last": number($0.last)] }),
            "counts": .object(counts), "complete": .bool(lists.allSatisfy(\.isWhole)),
            "items": .array(lists.flatMap(\.items)),
        ]
    }

    /// Of the two positions that are compared the lesser: the digest there is what both have.
    private func agreedPosition(
        _ agreement: ChannelAgreement?, issued: ChannelPosition?, received: ChannelPosition?
    ) -> ChannelPosition? {
        switch agreement {
        case .agree, .lost: [issued, received].compactMap(\.self).min { $0.number < $1.number }
        case .differ, .ahead, .undecided, nil: nil
        }
    }

    private func word(_ agreement: ChannelAgreement?) -> String {
        switch agreement {
        case .agree: "agree"
        case .lost: "lost"
        case .differ: "differ"
        case .ahead: "ahead"
        case .undecided: "undecided"
        case nil: "never-compared"
        }
    }

    // MARK: What is not settled

    private var missing: [NumberRange] {
        Reconciliation.missing(
            gaps: books.gaps.entries, highestSeen: account.highestSeen, issuedThere: heard.tally?.issued.number)
    }

    private var beyond: NumberRange? {
        Reconciliation.beyond(highestSeen: account.highestSeen, issuedThere: heard.tally?.issued.number)
    }

    /// How many numbers are in a state.
    private func count(of state: UnsettledState) -> Int {
        switch state {
        case .open: books.open.count
        case .held: books.held.count
        case .refused: books.refused.count
        case .again: books.again.count
        case .lost: books.lost.count
        case .void: books.withdrawn.count
        case .missing: Self.size(of: missing)
        case .heldThere: books.heldThere.count
        case .beyond: Self.size(of: beyond.map { [$0] } ?? [])
        case .voidThere: books.voidThere.count
        case .refusedHere: books.refusedHere.count
        }
    }

    /// A partner may claim any number: what is more than JSON holds exactly is said as that.
    private static func size(of ranges: [NumberRange]) -> Int {
        let highest = UInt64(JSONValue.integerRange.upperBound)
        return Int(
            ranges.reduce(UInt64(0)) { min($0 + min($1.last.value - $1.first.value, highest - 1) + 1, highest) })
    }

    private func delivery(_ entry: DeliveryEntry, _ state: UnsettledState) -> JSONValue {
        let step = state == .open && (isLate(entry) || alarm(of: entry) != nil) ? NextStep.person : nil
        var object = item(
            NumberRange(entry.key.number, entry.key.number), state, step: step, action: action(for: entry, state))
        object["message"] = .string((entry.lost?.messageID ?? entry.message.id).description)
        object["digest"] = .string((entry.lost?.messageDigest ?? entry.message.digest).description)
        object["type"] = .string(entry.message.type.code)
        object["priority"] = .string(entry.message.priority.rawValue)
        object["since"] = .string(entry.acceptedAt.description)
        object["attempts"] = .integer(Int64(entry.attempts))
        object["next"] = state == .open ? time(nextAttempt(of: entry.nextAttempt)) : .null
        object["why"] = .string(entry.detail.isEmpty && state == .open ? link?.lastProblem ?? "" : entry.detail)
        return .object(object)
    }

    private func again(_ entry: SentAgain) -> JSONValue {
        var object = item(
            NumberRange(entry.item.number, entry.item.number), .again,
            action: "\(name) answered it and has lost it: sent again by itself\(at(nextAttempt(of: entry.nextAttempt)))"
        )
        object["message"] = .string(entry.item.messageID.description)
        object["digest"] = .string(entry.item.messageDigest.description)
        object["next"] = time(nextAttempt(of: entry.nextAttempt))
        return .object(object)
    }

    private func unreceipted(_ entry: UnreceiptedNumber, _ state: UnsettledState) -> JSONValue {
        let action =
            switch state {
            case .heldThere:
                "a person at \(name) must decide, who holds it back: \(telephone), where you have to know what it is"
            case .voidThere: "nothing: \(name) declared that there will be none"
            default: "nothing here: \(name) has the signed refusal, and its people deal with it"
            }
        var object = item(NumberRange(entry.item.number, entry.item.number), state, action: action)
        object["message"] = .string(entry.item.messageID.description)
        object["digest"] = .string(entry.item.messageDigest.description)
        object["since"] = .string(entry.filledAt.description)
        object["why"] = .string(entry.note)
        return .object(object)
    }

    private func range(_ numbers: NumberRange, _ state: UnsettledState) -> JSONValue {
        let action =
            if state == .missing {
                "\(name) sends it, without an end; nothing is to be done here"
            } else if heard.tally?.isRecovering == true {
                "\(name) lost it with its store, and gets it back from here"
            } else {
                "\(name) has not named it yet: compared with its next tally"
            }
        return .object(item(numbers, state, action: action))
    }

    /// - Parameter step: where somebody else acts next than the state says.
    private func item(
        _ numbers: NumberRange, _ state: UnsettledState, step: NextStep? = nil, action: String
    ) -> JSONObject {
        var object = JSONObject()
        object["first"] = number(numbers.first)
        object["last"] = number(numbers.last)
        object["state"] = .string(state.rawValue)
        let usual = Reconciliation.step(for: state, isLossOpen: standing.isLossOpen)
        object["step"] = .string((step ?? usual).rawValue)
        object["action"] = .string(action)
        return object
    }

    // MARK: What is being done

    private func action(for entry: DeliveryEntry, _ state: UnsettledState) -> String {
        switch state {
        case .held:
            return "a person must decide: \(command("release", entry)), or \(command("withdraw", entry))"
        case .refused:
            return
                "a person must decide: correct it and send it as a new message that supersedes it, then "
                + command("withdraw", entry)
        case .lost:
            return standing.isLossOpen
                ? "a person must decide: whoever handed it in hands it in again, under a new key"
                    + (entry.transport == .held
                        ? "; it was held, so that this ends it: \(command("withdraw", entry))" : "")
                : "nothing: it is lost, and people have said that they know"
        case .void: return withdrawn(entry)
        default: return openActionForPeople(for: entry)
        }
    }

    private func isLate(_ entry: DeliveryEntry) -> Bool {
        Reconciliation.isLate(entry.message.priority, openSince: entry.acceptedAt, now: now.wall)
    }

    private func alarm(of entry: DeliveryEntry) -> AlarmCode? {
        books.alarms.first { $0.alarm.messageID == entry.message.id }?.alarm.code
    }

    /// What the node does, and what people do beside it where it presses or an alarm says that it does not go.
    private func openActionForPeople(for entry: DeliveryEntry) -> String {
        var action = openAction(for: entry)
        if let alarm = alarm(of: entry) { action = "a person must look: alarm \(alarm.rawValue); \(action)" }
        guard entry.message.priority.presses else { return action }
        return isLate(entry)
            ? "a person must tell them now: \(telephone); \(action)" : "\(action); it presses: \(telephone)"
    }

    /// As it is typed, but for who does it and why. Numbers move while a channel is got back: then the message is named too.
    private func command(_ step: String, _ entry: DeliveryEntry) -> String {
        let message = entry.lost?.messageID ?? entry.message.id
        return "exchange-node queue \(step) --partner \(partner) --number \(entry.key.number)"
            + (account.standing.isRecovering ? " --message \(message)" : "")
            + (step == "withdraw" ? " --as ROLE" : "") + " --reason WHY"
    }

    /// What was stopped on purpose must not come back by a loss: of one whose message is gone, the partner has the words in
    /// which it was declared.
    private func withdrawn(_ entry: DeliveryEntry) -> String {
        guard entry.message.type == ChannelRecovery.lostType else {
            return "nothing: it was withdrawn, and \(name) is told that there will be none"
        }
        // A duty role, and why: `LocalRequests` puts the one before the other.
        let parts = entry.detail.split(separator: ": ", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] != "node" else {
            return "nothing: \(name) was told that there will be none (\(entry.detail))"
        }
        return
            "was withdrawn (\(parts[1]), \(parts[0])), as \(name) has it: nothing is sent; do not hand it in again "
            + "unless whoever withdrew it says so"
    }

    private func openAction(for entry: DeliveryEntry) -> String {
        guard link != nil else {
            return "a person must decide: \(name) is not in the directory, and nobody tries it"
        }
        let next = at(nextAttempt(of: entry.nextAttempt))
        let settled = account.standing.settled.number
        guard account.standing.isConfirmed || entry.key.number <= settled else {
            return account.standing.isRecovering
                ? "sent once what this node had lost is back from \(name)\(next)"
                : "sent once \(name) has answered this node's tally\(next)"
        }
        return next.isEmpty ? "on its way now" : "sent again by itself\(next)"
    }

    /// Whatever a delivery's own time is, nothing goes before the link does.
    private func nextAttempt(of own: Timestamp?) -> Timestamp? {
        [own, link?.nextTry(now)].compactMap(\.self).max()
    }

    private func at(_ moment: Timestamp?) -> String { moment.map { " at \($0)" } ?? "" }
    private func time(_ moment: Timestamp?) -> JSONValue { moment.map { .string($0.description) } ?? .null }

    /// A partner may claim any number, and JSON holds no more than this exactly (`protocol.md` §3.4).
    private func number(_ number: SequenceNumber) -> JSONValue {
        .integer(min(Int64(clamping: number.value), JSONValue.integerRange.upperBound))
    }
}
