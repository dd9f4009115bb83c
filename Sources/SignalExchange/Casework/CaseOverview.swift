import ExchangeCatalogue
import ExchangeCore
import ExchangeStore

/// Who has been told what in one case, by what this node sent, received and was told: each message with each organisation that
/// took part in it, and what happened in the order of time.
struct CaseOverview: Sendable {
    let context: NodeContext
    let obligations: NodeObligations

    /// - Parameter isLinked: whether what stands under other references of the same child is shown too.
    /// - Throws: ``NodeError`` `case-unknown`.
    func document(of reference: CaseReference, isLinked: Bool = false) async throws -> JSONValue {
        let linked = try await LinkedCases.following(reference, in: context.ledger, of: context.oin)
        let messages = try await context.ledger.messages(
            in: isLinked ? linked.references : [reference], ofTypes: nil,
            maximumItems: CaseReading.messagesMaximum + 1)
        // Of a case that it never heard of, a guardian may have asked others.
        let asked = try await context.ledger.messages(
            in: [reference], ofTypes: [CaseQuery.type.code], maximumItems: 1)
        let (now, directory, rules) = (context.now.wall, context.community.directory, obligations.rules)
        // A message that others have and that never came is why somebody looks here at all.
        let notTold = try await ListedNotTold(context: context, rules: rules)
            .rows(in: isLinked ? linked.references : [reference], at: now)
        guard !messages.isEmpty || !asked.isEmpty || !notTold.isEmpty else {
            throw NodeError(
                .caseUnknown,
                "this node holds nothing of case \(reference); references stand under CASE of `exchange-node obligations "
                    + "list`, and as `caseRef` in `exchange-node queue list --json` and `inbox list --json`")
        }
        var rows: [JSONValue] = []
        var happenings: [Happening] = []
        var owed: [JSONValue] = []
        var dueTerms: [CaseTerm] = []
        var interviews: [JSONValue] = []
        for kept in messages.suffix(CaseReading.messagesMaximum) {
            let entry = try await entry(of: kept, by: rules)
            rows.append(entry.document(now: now, directory))
            happenings += entry.happenings
            dueTerms += entry.dueTerms
            if let interview = try await IntendedInterview(kept, entry.deliveries, in: context) {
                interviews.append(interview.document)
                happenings += interview.happening.map { [$0] } ?? []
            }
            owed += entry.owed.map {
                ObligationRendering.document($0, of: kept.message, now: now, directory: directory)
            }
        }
        happenings.sort { $0.at < $1.at }
        let codes = messages.map(\.message.type.code)
        return [
            "caseRef": .string(reference.description),
            "isWhole": .bool(messages.count <= CaseReading.messagesMaximum && linked.isWhole),
            "messages": .array(rows), "notTold": .array(notTold), "obligations": .array(owed),
            // Each told once more is a story that a child had to tell again (domain brief, part 1, 9).
            "statements": .integer(Int64(codes.count { $0 == "STO-01" })),
            "interviewIntentions": .integer(Int64(codes.count { $0 == "STO-04" })),
            "timeline": .array(happenings.map { $0.document(directory) }),
            "interviews": .array(interviews),
            "terms": .array(try await terms(in: reference, owed: dueTerms)),
            "links": .array(linked.links.map { $0.document(directory, own: context.oin) }), "isLinked": .bool(isLinked),
            "draft": try await CaseDrafting(context: context, obligations: obligations).draft(in: reference)?.document
                ?? .null,
        ]
    }

    private func terms(in reference: CaseReference, owed: [CaseTerm]) async throws -> [JSONValue] {
        let history = try await CaseReading(context).history(of: reference, types: CaseHistory.looksAtForTerms)
        let now = context.now.wall
        return (history.terms(context.community.directory.agreements.casePolicy) + owed).map {
            $0.document(at: now, on: context.calendar.day(at: now))
        }
    }

    private func entry(of kept: CaseMessage, by rules: ObligationRules) async throws -> Entry {
        let id = kept.message.id
        let told = try await context.ledger.escalations(of: id)
        var filter = DeliveryFilter()
        filter.messageID = id
        let deliveries = kept.isOutgoing ? Array(try await context.ledger.deliveries(filter).entries.reversed()) : []
        // Whom else the sender of a received message names: whether they were told is the sender's to know, until they say so.
        let others = try await context.ledger.coRecipients(of: id)
        return Entry(
            kept: kept, title: context.catalogue[kept.message.type]?.title.english ?? "", deliveries: deliveries,
            role: kept.isOutgoing ? nil : try await CaseLedger(context).ownRole(in: kept), others: others,
            own: context.oin,
            owed: try await obligations.owed(on: id, by: rules)?.owed ?? [], told: told)
    }
}

/// One message of a case, and each organisation in it.
private struct Entry {
    let kept: CaseMessage
    let title: String
    let deliveries: [DeliveryEntry]
    /// In which role a received message names this organisation; `nil` where that cannot be told any more.
    let role: Role?
    /// Its other recipients, and what they said of it.
    let others: CoRecipientsOfMessage
    let own: OIN
    let owed: [Obligation]
    let told: [EscalationEntry]

    func document(now: Timestamp, _ directory: Directory) -> JSONValue {
        let message = kept.message
        return [
            "id": .string(message.id.description), "caseRef": .string(message.caseReference.description),
            "type": .string(message.type.code), "title": .string(title),
            "priority": .string(message.priority.rawValue), "created": .string(message.created.description),
            "isOutgoing": .bool(kept.isOutgoing), "parties": .array(cells(now: now, directory)),
        ]
    }

    /// What is owed, as terms of the case.
    var dueTerms: [CaseTerm] {
        owed.compactMap { obligation in
            obligation.dueAt.map { CaseTerm(obligation.subject.text, .due($0), basis: kept.message.type.code) }
        }
    }

    private func cells(now: Timestamp, _ directory: Directory) -> [JSONValue] {
        let sender = kept.message.sender
        var cells = [cell(sender, "sent", at: kept.message.created, by: "", debtor: nil, now: now, directory)]
        for delivery in deliveries {
            cells.append(
                cell(
                    delivery.recipient, delivery.state.rawValue,
                    at: delivery.concludedAt ?? delivery.declinedAt ?? delivery.ownedAt ?? delivery.receiptedAt,
                    saidAt: delivery.saidAt, by: delivery.followUpRole, debtor: delivery.recipient.oin, now: now,
                    directory))
        }
        if !kept.isOutgoing {
            let state = kept.inbox.map { $0.state == .ready ? "receipted" : $0.state.rawValue } ?? "receipted"
            cells.append(
                self.cell(
                    own, role?.rawValue ?? "", state, at: kept.inbox?.movedAt ?? kept.keptAt,
                    by: kept.inbox?.role ?? "", debtor: nil,
                    now: now, directory))
            cells += others.listed.map { party in
                let said = standing(of: party.oin)
                return cell(
                    party, said?.state.rawValue ?? "named", at: said?.at, by: said?.role ?? "", debtor: party.oin,
                    now: now,
                    directory, holdsAnother: words(of: party.oin).contains { isOfAnother($0.word) })
            }
        }
        return cells
    }

    private func words(of oin: OIN) -> [KeptWord] { others.words.filter { $0.word.speaker == oin } }

    /// Whether it speaks of another message than the one that is here under this id.
    private func isOfAnother(_ word: CoRecipientWord) -> Bool { word.messageDigest != kept.message.digest }

    /// Where another recipient says that it stands; `nil` where it has said nothing.
    private func standing(of oin: OIN) -> (state: FollowUp, role: String, at: Timestamp)? {
        var standing: (state: FollowUp, role: String, at: Timestamp)?
        for word in words(of: oin) {
            guard let next = (standing?.state ?? .none).after(word.word.step) else { continue }
            standing = (next, word.word.role, word.keptAt)
        }
        return standing
    }

    private func cell(
        _ party: Party, _ state: String, at: Timestamp?, saidAt: Timestamp? = nil, by role: String, debtor: OIN?,
        now: Timestamp, _ directory: Directory, holdsAnother: Bool = false
    ) -> JSONValue {
        cell(
            party.oin, party.role.rawValue, state, at: at, saidAt: saidAt, by: role, debtor: debtor, now: now,
            directory,
            holdsAnother: holdsAnother)
    }

    private func cell(
        _ oin: OIN, _ partyRole: String, _ state: String, at: Timestamp?, saidAt: Timestamp? = nil, by role: String,
        debtor: OIN?, now: Timestamp, _ directory: Directory, holdsAnother: Bool = false
    ) -> JSONValue {
        // The sender's own cell stands for what it did, and not for what it owes itself.
        let isDebtor = state != "sent" && (debtor != nil || oin == own)
        let late = isDebtor ? owed.filter { $0.debtor == debtor && $0.isLate(at: now) } : []
        let calls = told.filter { $0.kind == .toldByTelephone && $0.debtor == oin }
        return [
            "oin": .string(oin.text), "name": .string(directory.member(oin)?.name ?? ""), "role": .string(partyRole),
            "state": .string(state), "at": at.map { .string($0.description) } ?? .null,
            "saidAt": saidAt.map { .string($0.description) } ?? .null, "owner": .string(role),
            "late": .array(late.map { .string($0.subject.text) }), "holdsAnother": .bool(holdsAnother),
            "telephone": .array(calls.map { ["role": .string($0.contact), "at": .string($0.at.description)] }),
        ]
    }

    var happenings: [Happening] {
        let message = kept.message
        func happening(_ at: Timestamp?, _ what: String, _ who: OIN?, _ detail: String = "") -> Happening? {
            at.map { Happening(at: $0, message: message, what: what, who: who, detail: detail) }
        }
        var found = [happening(message.created, "sent", message.sender.oin)]
        if !kept.isOutgoing { found.append(happening(kept.keptAt, "received", own)) }
        if let inbox = kept.inbox, inbox.state != .ready {
            found.append(happening(inbox.movedAt, inbox.state.rawValue, own, inbox.role))
        }
        for delivery in deliveries {
            let who = delivery.recipient.oin
            found += [
                happening(delivery.receiptedAt, "told", who),
                happening(delivery.ownedAt, "owned", who, delivery.words(on: .owned)),
                happening(delivery.declinedAt, "declined", who, delivery.words(on: .declined)),
                happening(delivery.concludedAt, "concluded", who, delivery.words(on: .concluded)),
            ]
        }
        found += others.words.filter { word in others.listed.contains { $0.oin == word.word.speaker } }.map { kept in
            let word = kept.word
            return happening(
                kept.keptAt, "\(word.step.rawValue)\(isOfAnother(word) ? " another message" : "")", word.speaker,
                word.role)
        }
        found += told.map { entry in
            switch entry.kind {
            case .toldByTelephone: happening(entry.at, "told by telephone", entry.debtor, entry.contact)
            case .ended(let subject):
                happening(entry.at, "\(subject.text) late: ended", entry.debtor ?? own, entry.contact)
            case .step(let step, let subject):
                happening(entry.at, "\(subject.text) late: \(step.rawValue)", entry.debtor ?? own, entry.contact)
            }
        }
        return found.compactMap(\.self)
    }
}

extension DeliveryEntry {
    /// By which role a step was taken, and when by the recipient's own clock: of the last one, whose acknowledgement is known.
    fileprivate func words(on step: FollowUp) -> String {
        guard step == followUp, let saidAt else { return followUpRole }
        return "\(followUpRole), said at \(saidAt)"
    }
}

/// An announced talk, as far as this node knows whether the guardian objected: at whoever announced it, and at the guardian.
private struct IntendedInterview {
    private let message: MessageSummary
    private let guardian: OIN
    private let standing: InterviewStanding
    private let reason: String

    init?(_ kept: CaseMessage, _ deliveries: [DeliveryEntry], in context: NodeContext) async throws {
        guard kept.message.type.code == "STO-04" else { return nil }
        let (toldAt, declinedAt): (Timestamp?, Timestamp?)
        var reason = ""
        if kept.isOutgoing {
            guard let told = deliveries.first(where: { $0.recipient.role == .guardian }) else { return nil }
            guardian = told.recipient.oin
            toldAt = told.receiptedAt
            // Whoever objects in time has objected in time, however long that was on its way.
            declinedAt = told.followUp == .declined ? told.saidAt : nil
            if told.followUp == .declined, let answer = told.followUpMessage {
                reason = try await CaseReading(context).content(of: answer)?.text("reason") ?? ""
            }
        } else {
            guard context.community.directory.member(context.oin)?.roles.contains(.guardian) == true else { return nil }
            guardian = context.oin
            toldAt = kept.keptAt
            declinedAt = kept.inbox?.state == .declined ? kept.inbox?.movedAt : nil
        }
        message = kept.message
        self.reason = reason
        standing = InterviewStanding(
            toldAt: toldAt, declinedAt: declinedAt, at: context.now.wall,
            context.community.directory.agreements.casePolicy,
            context.calendar)
    }

    var document: JSONValue {
        [
            "message": .string(message.id.description), "standing": .string(standing.name),
            "at": standing.moment.map { .string($0.description) } ?? .null, "reason": .string(reason),
        ]
    }

    /// That nobody objected is worth a line; that somebody did is one already.
    var happening: Happening? {
        guard case .allowed(let since) = standing else { return nil }
        return Happening(
            at: since, message: message, what: "allowed, as nobody objected in time", who: guardian, detail: "")
    }
}

/// Something that happened in a case.
private struct Happening {
    let at: Timestamp
    let message: MessageSummary
    let what: String
    let who: OIN?
    let detail: String

    func document(_ directory: Directory) -> JSONValue {
        [
            "at": .string(at.description), "caseRef": .string(message.caseReference.description),
            "message": .string(message.id.description),
            "type": .string(message.type.code), "what": .string(what),
            "who": .string(who.map { directory.member($0)?.name ?? $0.text } ?? ""), "detail": .string(detail),
        ]
    }
}

extension CaseTerm {
    fileprivate func document(at now: Timestamp, on today: CalendarDate) -> JSONValue {
        let (from, until): (String?, String) =
            switch kind {
            case .notBefore(let day): (nil, day.description)
            case .due(let moment): (nil, moment.description)
            case .length(let first, let last, _), .serviceLevel(let first, let last):
                (first.description, last.description)
            }
        return [
            "name": .string(name), "kind": .string(kind.name), "basis": .string(basis),
            "from": from.map { .string($0) } ?? .null, "until": .string(until),
            "passed": .bool(isPassed(at: now, on: today)), "meaning": .string(words(at: now, on: today)),
        ]
    }
}

extension CaseLinkEntry {
    fileprivate func document(_ directory: Directory, own: OIN) -> JSONValue {
        [
            "from": .string(message.caseReference.description), "to": .string(link.other.description),
            "message": .string(message.id.description), "type": .string(message.type.code),
            "by": .string(directory.member(message.sender.oin)?.name ?? message.sender.oin.text),
            "at": .string(message.created.description), "vouched": .bool(isVouched(by: own)),
        ]
    }
}
