import ExchangeCatalogue
import ExchangeCore
import ExchangeStore

/// How the local API shows what the node keeps: one JSON object an entry, with the names of `docs/operations.md`.
enum Rendering {
    /// One page of a list; `next` is the cursor of the page that follows, or `null` at the end.
    static func page(_ items: [JSONValue], next: ListPosition?) -> JSONValue {
        ["items": .array(items), "next": next.map { .string($0.description) } ?? .null]
    }

    /// - Parameter link: how the link to the recipient stands: an open delivery that had no attempt of its own waits for
    ///   what the link waits for.
    static func delivery(
        _ entry: DeliveryEntry, isSecured: Bool, link: PartnerDriver.Status?, now: Now, directory: Directory
    ) -> JSONValue {
        var object = message(entry.message)
        if let lost = entry.lost {
            object["id"] = .string(lost.messageID.description)
            object["digest"] = .string(lost.messageDigest.description)
        }
        object["recipient"] = .string(entry.recipient.oin.text)
        object["recipientName"] = .string(name(entry.recipient.oin, directory))
        object["recipientRole"] = .string(entry.recipient.role.rawValue)
        object["number"] = number(entry.key.number)
        object["state"] = .string(entry.state.rawValue)
        object["receipted"] = .bool(entry.transport == .receipted)
        object["secured"] = .bool(isSecured)
        object["followUp"] = .string(entry.followUp.rawValue)
        object["owner"] = .string(entry.followUpRole)
        object["attempts"] = .integer(Int64(entry.attempts))
        object["accepted"] = .string(entry.acceptedAt.description)
        let waits = [.open, .held, .refused].contains(entry.transport)
        object["waitingSince"] = time(waits ? entry.acceptedAt : nil)
        let waitsForLink = entry.transport == .open && link?.lastProblem != nil
        // Whatever the delivery's own time was, nothing goes before the link does.
        let linkTry = waitsForLink ? link?.nextTry(now) : nil
        object["nextAttempt"] = time([entry.nextAttempt, linkTry].compactMap(\.self).max())
        object["receiptedAt"] = time(entry.receiptedAt)
        object["ownedAt"] = time(entry.ownedAt)
        object["declinedAt"] = time(entry.declinedAt)
        object["concludedAt"] = time(entry.concludedAt)
        object["saidAt"] = time(entry.saidAt)
        let problem = waitsForLink ? link?.lastProblem ?? "" : ""
        object["detail"] = .string(entry.detail.isEmpty ? problem : entry.detail)
        object["actor"] = .string(entry.actor)
        return .object(object)
    }

    static func inbox(_ entry: InboxEntry, directory: Directory) -> JSONObject {
        var object = message(entry.message)
        object["sender"] = .string(entry.message.sender.oin.text)
        object["senderName"] = .string(name(entry.message.sender.oin, directory))
        object["senderRole"] = .string(entry.message.sender.role.rawValue)
        object["state"] = .string(entry.standing.state.rawValue)
        object["owner"] = .string(entry.standing.role)
        object["actor"] = .string(entry.actor)
        object["received"] = .string(entry.receivedAt.description)
        object["mayBeRepeated"] = .bool(entry.mayBeRepeated)
        object["missingPredecessor"] = entry.missingPredecessor.map { .string($0.description) } ?? .null
        return object
    }

    static func partner(_ member: Member, entry: PartnerEntry?, status: PartnerDriver.Status?) -> JSONValue {
        var object = JSONObject()
        object["oin"] = .string(member.oin.text)
        object["name"] = .string(member.name)
        object["roles"] = .array(member.roles.map { .string($0.rawValue) })
        object["dutyPhone"] = .string(member.dutyContact.phone)
        object["endpoint"] = .string("\(member.endpoint.host):\(member.endpoint.port)")
        object["dutyContact"] = ["name": .string(member.dutyContact.name), "phone": .string(member.dutyContact.phone)]
        object["link"] = .string(status.map { describe($0.phase) } ?? "unknown")
        object["failures"] = .integer(Int64(status?.failures ?? 0))
        object["unreachableSince"] = time(status?.unreachableSince)
        object["problem"] = .string(status?.lastProblem ?? "")
        if let entry {
            show(entry, in: &object)
        } else {
            for side in ["outgoing", "incoming"] { object[side] = .string(notCompared) }
        }
        return .object(object)
    }

    /// A partner that the directory does not have: known by its OIN and by what is open.
    static func absentPartner(_ entry: PartnerEntry) -> JSONValue {
        var object = JSONObject()
        object["oin"] = .string(entry.partner.text)
        object["name"] = ""
        object["link"] = "none"
        object["problem"] = "not in the directory"
        show(entry, in: &object)
        return .object(object)
    }

    private static func show(_ entry: PartnerEntry, in object: inout JSONObject) {
        let account = entry.account
        object["issued"] = number(account.issued.number)
        object["open"] = .integer(Int64(account.open))
        object["received"] = number(account.received.number)
        object["highestSeen"] = number(account.highestSeen)
        object["gaps"] = .array(account.gaps.map { .string(describe($0)) })
        object["attempts"] = .integer(Int64(entry.attempts))
        object["duplicates"] = .integer(Int64(entry.duplicates))
        object["lastTally"] = time(entry.lastTallyAt)
        object["outgoing"] = .string(describe(entry.agreement?.outgoing, account.standing))
        object["incoming"] = .string(describe(entry.agreement?.incoming, account.standing))
        // What was compared before this node's start says nothing of a store that may be older since.
        let isCompared = account.standing.isConfirmed
        object["agree"] = .bool(
            isCompared && (entry.agreement.map { $0.outgoing.isSettled && $0.incoming.isSettled } ?? false))
    }

    private static let notCompared = "not yet compared"

    /// - Parameter standing: of the own channel: before the partner has answered in this run, its part of what was lost may
    ///   be yet to come, and what was kept from before is no answer.
    private static func describe(_ agreement: ChannelAgreement?, _ standing: ChannelStanding) -> String {
        guard let agreement else { return notCompared }
        guard standing.isConfirmed || standing.span != nil else {
            return "to be compared (before: \(describe(agreement)))"
        }
        return describe(agreement)
    }

    static func alarm(_ entry: AlarmEntry, directory: Directory) -> JSONValue {
        [
            "code": .string(entry.alarm.code.rawValue),
            "partner": entry.alarm.partner.map { .string($0.text) } ?? .null,
            "partnerName": entry.alarm.partner.map { .string(name($0, directory)) } ?? .null,
            "message": entry.alarm.messageID.map { .string($0.description) } ?? .null,
            "caseRef": entry.caseReference.map { .string($0.description) } ?? .null,
            "detail": .string(entry.alarm.detail),
            "at": .string(entry.alarm.at.description),
            "count": .integer(Int64(entry.count)),
            "cleared": time(entry.clearedAt),
        ]
    }

    /// What is inside the signature, beyond what ``inbox(_:directory:)`` shows in clear.
    static func content(_ content: SignedContent) -> JSONObject {
        var object = JSONObject()
        object["conversation"] = .string(content.conversation.description)
        object["inReplyTo"] = content.inReplyTo.map { .string($0.description) } ?? .null
        object["supersedes"] = content.supersedes.map { .string($0.description) } ?? .null
        object["recipients"] = .array(
            content.recipients.map { ["oin": .string($0.party.oin.text), "role": .string($0.party.role.rawValue)] })
        object["purpose"] = .string(content.purpose.text)
        object["legalBasis"] = .array(content.legalBasis.map { .string($0) })
        object["handling"] = .string(content.handling.rawValue)
        object["body"] = .object(content.body)
        return object
    }

    static func message(_ message: MessageSummary) -> JSONObject {
        var object = JSONObject()
        object["id"] = .string(message.id.description)
        object["digest"] = .string(message.digest.description)
        object["type"] = .string(message.type.code)
        object["version"] = .integer(Int64(message.type.version))
        object["priority"] = .string(message.priority.rawValue)
        object["caseRef"] = .string(message.caseReference.description)
        object["created"] = .string(message.created.description)
        object["wanted"] = .string("L\(message.wanted.rawValue)")
        return object
    }

    /// An organisation that the directory does not have has no name here, and is still to be seen.
    private static func name(_ oin: OIN, _ directory: Directory) -> String { directory.member(oin)?.name ?? oin.text }
    private static func time(_ moment: Timestamp?) -> JSONValue { moment.map { .string($0.description) } ?? .null }
    private static func number(_ number: SequenceNumber) -> JSONValue { .integer(Int64(clamping: number.value)) }

    private static func describe(_ range: NumberRange) -> String {
        range.first == range.last ? "\(range.first)" : "\(range.first)-\(range.last)"
    }

    private static func describe(_ agreement: ChannelAgreement) -> String {
        switch agreement {
        case .agree(let number, behind: 0): "agree at \(number)"
        case .agree(let number, let behind): "agree at \(number), \(behind) behind"
        case .lost(let first, let last): "lost there: \(first) to \(last)"
        case .differ(let number): "DIFFER at or before \(number)"
        case .ahead(let issued, let received): "AHEAD: \(received) received, \(issued) issued"
        case .undecided: "more issued than is here"
        }
    }

    private static func describe(_ phase: PartnerLink.Phase) -> String {
        switch phase {
        case .idle: "idle"
        case .greeting: "greeting"
        case .loading, .transmitting: "sending"
        case .recovering: "getting back"
        case .backingOff: "waiting to retry"
        case .stopped: "stopped"
        }
    }
}
