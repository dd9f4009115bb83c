import ExchangeCatalogue
import ExchangeCore
import ExchangeStore

/// What this node's ledger has of one case, as it is told to partners and compared with what they tell.
struct CaseLedger: Sendable {
    /// Of one case; what it has beyond is not told, and an answer says that there is more.
    static let messagesMaximum = 20_000

    let context: NodeContext

    init(_ context: NodeContext) { self.context = context }

    /// The messages between people, the newest first by their ids.
    func messages(of reference: CaseReference) async throws -> [CaseMessage] {
        try await context.ledger.messages(in: [reference], ofTypes: nil, maximumItems: Self.messagesMaximum)
            .sorted { $0.message.id > $1.message.id }
    }

    func entry(of kept: CaseMessage) async throws -> CaseAccount.Entry {
        let message = kept.message
        return CaseAccount.Entry(
            id: message.id, digest: message.digest, code: message.type.code, sender: message.sender,
            created: message.created, told: kept.isOutgoing ? try await told(by: message.id) : try await named(by: kept)
        )
    }

    /// The recipients of our own message. After a loss one may have several deliveries of it: then by the newest that was told,
    /// or by the newest where none was.
    private func told(by message: MessageID) async throws -> [CaseAccount.Told] {
        var filter = DeliveryFilter()
        filter.messageID = message
        var told: [CaseAccount.Told] = []
        for delivery in try await context.ledger.deliveries(filter).entries.reversed() {
            let one = CaseAccount.Told(
                delivery.recipient, CaseAccount.Standing(delivery), receiptedAt: delivery.receiptedAt,
                ownedAt: delivery.ownedAt, declinedAt: delivery.declinedAt, concludedAt: delivery.concludedAt)
            guard let index = told.firstIndex(where: { $0.party.oin == one.party.oin }) else {
                told.append(one)
                continue
            }
            if one.standing.isTold || !told[index].standing.isTold { told[index] = one }
        }
        return told
    }

    /// The recipients of a received message: of this organisation what its inbox says, of the others nothing.
    private func named(by kept: CaseMessage) async throws -> [CaseAccount.Told] {
        let others = try await context.ledger.coRecipients(of: kept.message.id).listed
        let roles = context.community.directory.member(context.oin)?.roles ?? []
        let me = try await (ownRole(in: kept) ?? roles.first).map { role in
            let state = kept.inbox?.state
            let moved = kept.inbox?.movedAt
            return CaseAccount.Told(
                Party(oin: context.oin, role: role), CaseAccount.Standing(state), receiptedAt: kept.keptAt,
                ownedAt: state == .owned ? moved : nil, declinedAt: state == .declined ? moved : nil,
                concludedAt: state == .concluded ? moved : nil)
        }
        return (me.map { [$0] } ?? []) + others.map { CaseAccount.Told($0, .unknown) }
    }

    /// In which role this organisation was told: only one that has several has to look into the message, and cannot tell where
    /// its content went.
    func ownRole(in kept: CaseMessage) async throws -> Role? {
        let roles = context.community.directory.member(context.oin)?.roles ?? []
        guard roles.count > 1 else { return roles.first }
        let content = try await CaseReading(context).content(of: kept.message.id)
        return content?.recipients.first { $0.party.oin == context.oin }?.party.role
    }

    /// What a partner is told of a case: what it took part in, and to a guardian all. A case of which nothing is here, and one
    /// in which it took no part, are answered alike.
    func account(
        for asker: OIN, of reference: CaseReference, before: MessageID?
    ) async throws -> CaseAccount {
        let isOfAll = context.community.directory.member(asker)?.roles.contains(.guardian) ?? false
        var entries: [CaseAccount.Entry] = []
        var bytes = 0
        var hasMore = false
        let kept = try await messages(of: reference)
        for message in kept where before.map({ message.message.id < $0 }) ?? true {
            let entry = try await entry(of: message)
            guard isOfAll || entry.isShared(with: asker) else { continue }
            bytes += try JSONWriter.write(entry.document, limits: .message).count + 1
            guard entries.count < CaseAccount.entriesMaximum, bytes <= CaseAccount.entriesMaximumBytes else {
                hasMore = true
                break
            }
            entries.append(entry)
        }
        // What lies beyond what is looked at may be shared too; whoever takes no part in the case learns nothing by it.
        let isCut = kept.count == Self.messagesMaximum && (isOfAll || !entries.isEmpty)
        return CaseAccount(isOfAll: isOfAll, before: before, entries: entries, hasMore: hasMore || isCut)
    }
}

extension CaseAccount.Standing {
    init(_ delivery: DeliveryEntry) {
        self =
            switch (delivery.transport, delivery.followUp) {
            case (.open, _), (.held, _): .untold
            case (.refused, _): .refused
            case (.withdrawn, _): .withdrawn
            case (.receipted, .none): .receipted
            case (.receipted, .owned): .owned
            case (.receipted, .declined): .declined
            case (.receipted, .concluded): .concluded
            }
    }

    /// - Parameter state: in our inbox; what is received and not there yet waits for the message before it.
    init(_ state: InboxState?) {
        self =
            switch state {
            case nil, .ready: .receipted
            case .owned: .owned
            case .declined: .declined
            case .concluded: .concluded
            }
    }
}
