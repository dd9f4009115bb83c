import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Logging

/// What is owed here and to this organisation, for people and systems to look at. Reading changes nothing.
struct ObligationViews: Sendable {
    private static let pageMaximumItems = 200

    let obligations: NodeObligations
    private var context: NodeContext { obligations.context }

    /// A page of messages on which something is owed, in the order of their times, each obligation a row.
    ///
    /// - Parameter onlyLate: only what is late now.
    func page(after message: MessageID?, onlyLate: Bool) async throws -> JSONValue {
        let ids = try await context.ledger.watched(after: message, maximumItems: Self.pageMaximumItems)
        let (now, directory, rules) = (context.now.wall, context.community.directory, obligations.rules)
        var rows: [JSONValue] = []
        for id in ids {
            guard let (facts, owed) = try await obligations.owed(on: id, by: rules) else { continue }
            for obligation in owed where !onlyLate || obligation.isLate(at: now) {
                rows.append(
                    ObligationRendering.document(
                        obligation, of: facts.message, taken: facts.taken, now: now, directory: directory))
            }
        }
        return [
            "items": .array(rows),
            "next": ids.count == Self.pageMaximumItems ? ids.last.map { .string($0.description) } ?? .null : .null,
        ]
    }

    /// What the ladder told, and that it is over, in the order of the numbers.
    ///
    /// - Parameters:
    ///   - number: behind which it begins; the last of all where it is `nil`.
    ///   - watch: how whoever waits for more is answered as soon as there is.
    ///   - span: how long the answer is kept back where there is nothing.
    func steps(
        after number: Int64?, maximumItems: Int, watch: LedgerWatch, waitingFor span: Milliseconds
    ) async throws -> JSONValue {
        let entries = try await watch.look(
            for: span, saying: "somebody waits for the next step", [:], until: { !$0.isEmpty }
        ) {
            try await context.ledger.escalations(after: number, maximumItems: maximumItems)
        }
        let directory = context.community.directory
        return [
            "items": .array(entries.map { EscalationRendering.document($0, directory: directory) }),
            "next": .integer(entries.last?.number ?? number ?? 0),
        ]
    }

    /// Keeps that somebody at a recipient was told of a message by telephone. It ends nothing.
    func noteTold(
        _ message: MessageID, to partner: OIN, role: String, told: Timestamp, by actor: ActorID
    ) async throws {
        guard !role.allSatisfy(\.isWhitespace), role.utf8.count <= 100, !role.hasControlCharacters else {
            throw NodeError(.requestInvalid, "role: say which duty role was told, in 1 to 100 bytes; no person's name")
        }
        guard told <= context.now.wall + ProtocolLimits.clockSkewMaximum else {
            throw NodeError(.requestInvalid, "at: this lies ahead of now; say when somebody was told")
        }
        let isNoted = try await context.ledger.noteTold(
            message, to: partner, role: role, told: told, by: actor, at: context.now.wall)
        guard isNoted else {
            throw NodeError(.messageUnknown, "this node has sent no message \(message) to \(partner); see `queue list`")
        }
    }
}

/// An entry of the feed of escalations. It bears ids, codes, roles and times, and nothing of a message's content.
enum EscalationRendering {
    static func document(_ escalation: NumberedEscalation, directory: Directory) -> JSONValue {
        let (message, entry) = (escalation.message, escalation.entry)
        let debtor = entry.debtor.flatMap { directory.member($0) }
        func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.description) } ?? .null }
        return [
            "number": .integer(escalation.number), "step": .string(entry.kind.text),
            "told": .array(entry.told.map { .string($0.rawValue) }), "contact": .string(entry.contact),
            "message": .string(message.id.description), "type": .string(message.type.code),
            "priority": .string(message.priority.rawValue), "caseRef": .string(message.caseReference.description),
            "subject": entry.kind.subject.map { .string($0.text) } ?? .null,
            "debtor": entry.debtor.map { .string($0.text) } ?? .null,
            "debtorName": .string(entry.debtor == nil ? "this organisation" : debtor?.name ?? ""),
            "dutyPhone": .string(debtor?.dutyContact.phone ?? ""), "since": time(entry.since),
            "due": time(entry.dueAt), "taken": time(entry.at), "actor": .string(entry.actor),
        ]
    }
}

enum ObligationRendering {
    static func document(
        _ obligation: Obligation, of message: MessageSummary, taken: [TakenStep] = [], now: Timestamp,
        directory: Directory
    ) -> JSONValue {
        let debtor = obligation.debtor.flatMap { directory.member($0) }
        let steps = taken.filter { $0.subject == obligation.subject && $0.debtor == obligation.debtor }.map(\.step)
        return [
            "message": .string(message.id.description), "type": .string(message.type.code),
            "priority": .string((obligation.isLate(at: now) ? obligation.pressing : message.priority).rawValue),
            "caseRef": .string(message.caseReference.description),
            "subject": .string(obligation.subject.text),
            "debtor": obligation.debtor.map { .string($0.text) } ?? .null,
            "debtorName": .string(obligation.debtor == nil ? "this organisation" : debtor?.name ?? ""),
            "dutyPhone": .string(debtor?.dutyContact.phone ?? ""), "since": .string(obligation.since.description),
            "due": obligation.dueAt.map { .string($0.description) } ?? .null,
            "late": .bool(obligation.isLate(at: now)), "steps": .array(steps.sorted().map { .string($0.rawValue) }),
        ]
    }
}
