package import ExchangeCore
package import ExchangeStore

extension MemoryLedger {
    package func retentionPage(
        after place: RetentionPlace?, keptUntil: Timestamp, maximumItems: Int
    ) async throws -> RetentionPage {
        try read().retentionPage(after: place, keptUntil: keptUntil, maximumItems: maximumItems)
    }

    package func purge(_ messages: [MessageID], periods: RetentionPeriods, now: Timestamp) async throws -> Int {
        try write(at: now) { try $0.purge(messages, periods: periods, now: now) }
    }

    package func mend(
        _ message: MessageID, as digest: Digest, envelope: [UInt8], from partner: OIN, at: Timestamp
    ) async throws -> Bool {
        try write(at: at) { try $0.mend(message, as: digest, envelope: envelope, from: partner) }
    }

    package func purgedCount() async throws -> Int {
        try read().messages.ascending.count { $0.value.purgedAt != nil }
    }
}

extension MemoryStore {
    fileprivate func retentionPage(
        after place: RetentionPlace?, keptUntil: Timestamp, maximumItems: Int
    ) -> RetentionPage {
        let found = messages.ascending.map(\.value)
            .filter { row in
                !row.envelope.isEmpty && row.keptAt <= keptUntil
                    && place.map { (row.keptAt, row.ordinal) > ($0.keptAt, $0.ordinal) } ?? true
            }
            .sorted { ($0.keptAt, $0.ordinal) < ($1.keptAt, $1.ordinal) }
        let shown = found.prefix(maximumItems)
        return RetentionPage(
            facts: shown.compactMap { retentionFacts(for: $0.summary.id) },
            next: found.count > maximumItems
                ? shown.last.map { RetentionPlace(keptAt: $0.keptAt, ordinal: $0.ordinal) } : nil)
    }

    fileprivate func retentionFacts(for id: MessageID) -> RetentionFacts? {
        messages[id].map { kept in
            RetentionFacts(
                message: kept.summary, isOutgoing: kept.isOutgoing, keptAt: kept.keptAt,
                hasContent: !kept.envelope.isEmpty, sent: deliveries(of: id).map(sent), received: received(id),
                entry: inbox[id].map(entry),
                hasAlarm: alarmEntries(includingCleared: false).contains {
                    $0.alarm.messageID == id
                }, isAwaiting: asked.contains(id) && clocks.contains(id))
        }
    }

    private func sent(_ row: StoredDelivery) -> RetentionFacts.Sent {
        let partner = partners[row.key.partner]
        return RetentionFacts.Sent(
            key: row.key, transport: row.transport,
            isDue: row.isOutstanding || partner?.refills.contains(row.key.number.value) == true,
            followUp: row.followUp,
            closedAt: [row.receiptedAt, row.ownedAt, row.declinedAt, row.concludedAt].compactMap(\.self).max(),
            cover: partner?.cover ?? .none)
    }

    private func received(_ id: MessageID) -> [RetentionFacts.Received] {
        partners.ascending.flatMap { oin, partner in
            partner.slotsOfMessage.ascending(from: Pair(id, 0)).rows { $0.first == id }
                .compactMap { partner.slots[$0.key.second] }
                .filter { if case .receipt = $0.answer { true } else { false } }
                .map { slot in
                    RetentionFacts.Received(
                        key: DeliveryKey(partner: oin, number: slot.item.number), safe: partner.safe,
                        cover: partner.cover)
                }
        }
    }

    private func entry(_ row: StoredInboxEntry) -> RetentionFacts.Entry {
        RetentionFacts.Entry(
            state: row.state, movedAt: row.movedAt,
            isConfirmed: consumers.ascending.map(\.value).allSatisfy { consumer in
                consumer.feed != .inbox || consumer.position[row.priority] >= row.feedNumber ?? .max
            })
    }
}

extension MemoryTransaction {
    func retentionFacts(for message: MessageID) -> RetentionFacts? { store.retentionFacts(for: message) }

    mutating func keep(_ cover: PartnerCover, of partner: OIN) { store.change(partner) { $0.cover = cover } }

    mutating func replaceContent(of message: MessageID, envelope: [UInt8]) throws {
        guard var kept = store.messages[message], !kept.envelope.isEmpty else {
            throw StoreError.invariant("message \(message) has no content")
        }
        kept.envelope = envelope
        kept.envelopeDigest = StoredEnvelope.digest(of: envelope, using: digest)
        store.messages[message] = kept
        let waiting = store.deliveries(of: message).filter { $0.transport == .open }.map(\.key.partner)
        for partner in Set(waiting).sorted() { tell(.workArrived(partner)) }
    }

    mutating func purgeContent(of message: MessageID) throws {
        guard var kept = store.messages[message], !kept.envelope.isEmpty else {
            throw StoreError.invariant("message \(message) has no content")
        }
        guard let facts = retentionFacts(for: message), !facts.isOpenByItsRows else {
            throw StoreError.invariant("nothing that is open is purged")
        }
        kept.envelope = []
        kept.envelopeDigest = nil
        kept.purgedAt = at
        store.messages[message] = kept
        store.asked[message] = nil
        eraseLinks(by: message)
    }
}

extension RetentionFacts {
    /// What the triggers of the SQLite schema hold.
    fileprivate var isOpenByItsRows: Bool {
        sent.contains { ($0.transport != .receipted && $0.transport != .withdrawn) || $0.isDue }
            || entry.map { $0.state != .declined && $0.state != .concluded } ?? false
    }
}
