import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Logging

/// What an operator and the agency's system may look at. Reading changes nothing.
struct LocalViews: Sendable {
    let context: NodeContext
    let links: PartnerLinks
    let changes: ChangeBell
    let keyBackup: KeyBackup
    var evidenceExecutor: any TaskExecutor = SerialTaskExecutor("evidence")

    var watch: LedgerWatch { LedgerWatch(context: context, changes: changes) }

    func status(for caller: Caller) async throws -> JSONValue {
        let community = context.community
        return [
            "oin": .string(context.oin.text),
            "name": .string(community.directory.member(context.oin)?.name ?? ""),
            "apiVersion": .string(AgencyAPI.version),
            "caller": ["actor": .string(caller.actor.text), "rights": .string(caller.rights.rawValue)],
            "incarnation": .string(context.ledger.opening.incarnation.description),
            "directoryVersion": .integer(community.directory.version),
            "filesProblem": .string(context.communityHolder.problem?.description ?? ""),
            "storeProblem": .string(context.ledger.problem?.description ?? ""),
            "keyBackupConfirmed": .bool(keyBackup.state.isConfirmed),
            "withdrawn": .integer(Int64(try await context.ledger.withdrawnCount())),
            "held": .integer(Int64(try await context.ledger.heldCount())),
            "purged": .integer(Int64(try await context.ledger.purgedCount())),
            "alarms": .integer(
                Int64(
                    try await context.ledger.alarms(includingCleared: false).count
                        + (context.ledger.problem == nil ? 0 : 1))),
        ]
    }

    /// Whether a message is held by another node under its receipt; waits until it is, the time is over, or the node stops.
    func isSecured(_ id: MessageID, waitingFor span: Milliseconds) async throws -> Bool {
        try await watch.look(
            for: span, saying: "a request waits for a message to be secured", ["message": "\(id)"], until: { $0 }
        ) {
            try await context.ledger.receipted(among: [id]).contains(id)
        }
    }

    /// One message of our own: what is kept of it in clear, and how far it is; waits until it is secured.
    func message(_ id: MessageID, waitingFor span: Milliseconds) async throws -> JSONValue {
        guard let kept = try await context.ledger.message(id), kept.isOutgoing else {
            throw NodeError(.messageUnknown, "this node has sent no message \(id); see `queue list`")
        }
        let isSecured = try await isSecured(id, waitingFor: span)
        var filter = DeliveryFilter()
        filter.messageID = id
        let deliveries = try await context.ledger.deliveries(filter)
        var object = Rendering.message(kept.message)
        object["accepted"] = .string(kept.keptAt.description)
        object["actor"] = .string(deliveries.first?.actor ?? "")
        object["state"] = isSecured ? "secured" : "accepted"
        object["recipients"] = .integer(Int64(deliveries.count))
        object["answered"] = .integer(
            Int64(deliveries.count { $0.transport == .receipted || $0.transport == .refused }))
        return .object(object)
    }

    func deliveries(_ filter: DeliveryFilter) async throws -> JSONValue {
        if let partner = filter.partner { try await demandKnown(partner) }
        let page = try await context.ledger.deliveries(filter)
        return Rendering.page(try await render(page.entries), next: page.next)
    }

    /// The deliveries of a message; waits until each is so far, the time is over, or the node stops.
    ///
    /// - Parameters:
    ///   - partner: to whom; to everybody where it is `nil`.
    ///   - withAnswers: also what the recipients' people said: the reason of an L2, the outcome of an L3.
    func deliveries(
        of id: MessageID, to partner: OIN?, until progress: AwaitedProgress, waitingFor span: Milliseconds,
        withAnswers: Bool
    ) async throws -> JSONValue {
        var filter = DeliveryFilter()
        filter.messageID = id
        filter.partner = partner
        let entries = try await watch.look(
            for: span, saying: "a request waits for receipts", ["message": "\(id)"],
            until: { $0.allSatisfy(progress.isReached(by:)) }
        ) {
            // In the order of the recipients, as they were accepted.
            var entries = Array(try await context.ledger.deliveries(filter).reversed())
            if entries.isEmpty { entries = try await lost(id, to: partner) }
            guard !entries.isEmpty else {
                let addressee = partner.map { " to \($0)" } ?? ""
                throw NodeError(.messageUnknown, "this node has sent no message \(id)\(addressee); see `queue list`")
            }
            return entries
        }
        return .array(withAnswers ? try await answered(entries) : try await render(entries))
    }

    /// A message of which only numbers are left, by the id that partners and people know.
    private func lost(_ id: MessageID, to partner: OIN?) async throws -> [DeliveryEntry] {
        var filter = DeliveryFilter()
        filter.lostMessageID = id
        filter.partner = partner
        return try await context.ledger.deliveries(filter).reversed()
    }

    /// All that a third party needs to verify what is said of a message; it holds content, and no key.
    ///
    /// One after another, and beside all else: lists may be large, and whoever asks may be gone.
    func evidence(of id: MessageID) async throws -> JSONValue {
        try await withTaskExecutorPreference(evidenceExecutor) {
            try await EvidenceExport(context: context).files(of: id).json
        }
    }

    func inbox(_ filter: InboxFilter) async throws -> JSONValue {
        let directory = context.community.directory
        let page = try await context.ledger.inbox(filter, now: context.now.wall)
        return Rendering.page(
            page.map { .object(Rendering.inbox($0, directory: directory)) }, next: page.next)
    }

    /// One message with its content; waits until it is there, the time is over, or the node stops.
    func inboxEntry(_ id: MessageID, waitingFor span: Milliseconds) async throws -> JSONValue {
        var filter = InboxFilter()
        filter.id = id
        let entry = try await watch.look(
            for: span, every: LedgerWatch.handOverLook, saying: "a request waits for a message", ["message": "\(id)"],
            until: { $0 != nil }
        ) {
            try await context.ledger.inbox(filter, now: context.now.wall).first
        }
        guard let entry else {
            throw NodeError(.messageUnknown, "message \(id) is not in the inbox; see `inbox list`")
        }
        if let kept = try await context.ledger.message(id), kept.purgedAt != nil {
            // Says when it went, and what is still here.
            _ = try await StoredContent(context).message(kept)
        }
        return .object(try await whole(entry))
    }

    /// A received message with its content. Where that cannot be read, what is in clear and why: one message that the disk
    /// damaged must not stand before all that came after it.
    func whole(_ entry: InboxEntry) async throws -> JSONObject {
        var object = Rendering.inbox(entry, directory: context.community.directory)
        do {
            guard let kept = try await context.ledger.message(entry.message.id) else {
                preconditionFailure("what is in the inbox is kept")
            }
            if let purgedAt = kept.purgedAt {
                object["purged"] = .string(purgedAt.description)
                return object
            }
            for member in Rendering.content(try await StoredContent(context).read(kept)).members {
                object[member.name] = member.value
            }
        } catch let error where error is StoreError || error is CancellationError || Task.isCancelled {
            // Of the moment, and not of the message: it can be read later.
            throw error
        } catch {
            context.logger.error(
                "a message in the inbox cannot be read",
                metadata: ["message": "\(entry.message.id)", "cause": "\(error)"])
            object["unreadable"] =
                "its content cannot be read here; have the sender tell it again, and look at the node's log"
        }
        return object
    }

    /// Every other member of the directory, then who is no member and has still to be told something.
    func partners() async throws -> JSONValue {
        let entries = try await context.ledger.partners()
        var rows: [JSONValue] = []
        for member in context.community.directory.members where member.oin != context.oin {
            rows.append(
                Rendering.partner(
                    member, entry: entries.first { $0.partner == member.oin },
                    status: await links.driver(for: member.oin)?.status))
        }
        rows += try await AbsentPartners(context).entries.map(Rendering.absentPartner)
        return .array(rows)
    }

    func alarms() async throws -> JSONValue {
        let directory = context.community.directory
        let stored = try await context.ledger.alarms(includingCleared: false)
        // What the store cannot keep is seen nowhere else: first, for nothing is accepted meanwhile.
        let own = context.ledger.problem.map { problem in
            AlarmEntry(
                alarm: Alarm(
                    code: .storeFailing, partner: nil, messageID: nil,
                    detail: "nothing is accepted or receipted: \(problem)", at: context.now.wall),
                count: 1, clearedAt: nil)
        }
        return .array(([own].compactMap { $0 } + stored).map { Rendering.alarm($0, directory: directory) })
    }

    func audit() async throws -> JSONValue {
        switch try await context.ledger.verifyAuditChain() {
        case .intact(let leaves, let head):
            ["intact": true, "leaves": .integer(Int64(leaves)), "head": .string(head.description)]
        case .broken(let leaf): ["intact": false, "brokenAt": .integer(Int64(leaf))]
        }
    }

    private func answered(_ entries: [DeliveryEntry]) async throws -> [JSONValue] {
        var rows: [JSONValue] = []
        for (entry, row) in zip(entries, try await render(entries)) {
            guard case .object(var object) = row else { preconditionFailure("a delivery is shown as an object") }
            if let id = entry.followUpMessage, let kept = try await context.ledger.message(id), kept.purgedAt == nil {
                let body = try await StoredContent(context).read(kept).body
                object["answer"] = body["outcome"] ?? body["reason"] ?? .null
            }
            rows.append(.object(object))
        }
        return rows
    }

    /// An OIN with a slip in it has no open deliveries either: "nothing is open" would be taken for good news.
    private func demandKnown(_ partner: OIN) async throws {
        guard context.community.directory.member(partner) == nil,
            try await !context.ledger.partners().contains(where: { $0.partner == partner })
        else { return }
        throw NodeError(
            .requestInvalid,
            "\(partner) is no member of the directory and nothing was ever sent to it; see `exchange-node partners`")
    }

    func render(_ entries: [DeliveryEntry]) async throws -> [JSONValue] {
        let directory = context.community.directory
        // Held by at least one other node under its receipt: a dead disk here loses the message no more.
        let secured = try await context.ledger.receipted(among: entries.map(\.message.id))
        var links: [OIN: PartnerDriver.Status] = [:]
        for partner in Set(entries.map(\.key.partner)) {
            links[partner] = await self.links.driver(for: partner)?.status
        }
        return entries.map {
            Rendering.delivery(
                $0, isSecured: secured.contains($0.message.id), link: links[$0.key.partner], now: context.now,
                directory: directory)
        }
    }
}

/// How far a delivery is for a request that waits for it. What gets no answer any more ends each wait.
enum AwaitedProgress: String, CaseIterable, Sendable {
    /// Its receipt or refusal is here.
    case answered
    /// And a duty role has taken or declined it.
    case owned
    /// And what was done is said, or it was declined.
    case concluded

    func isReached(by entry: DeliveryEntry) -> Bool {
        switch entry.transport {
        case .open: false
        case .refused, .held, .withdrawn: true
        case .receipted:
            switch self {
            case .answered: true
            case .owned: entry.followUp != .none
            case .concluded: entry.followUp == .concluded || entry.followUp == .declined
            }
        }
    }
}
