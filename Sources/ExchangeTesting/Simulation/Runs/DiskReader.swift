import ExchangeCMS
import ExchangeCore
import ExchangeStore
import SignalExchange

/// Reads a disk as somebody would who has it and the archive key, and no node.
struct DiskReader {
    private let world: SimulationWorld
    private let verification: VerificationContext

    init(world: SimulationWorld) {
        self.world = world
        // Long after the run: a proof has to stand then, whatever a clock said when it was made.
        let community = world.directory[world.directory.newest]
        verification = VerificationContext(
            trust: community.trust, now: world.community.start + .hours(4), signer: community.signer)
    }

    /// - Parameter moment: when the run was over for the nodes.
    func read(_ store: MemoryStore, of seat: Int, isHealed: Bool, at moment: MonotonicTime) -> DiskAtEnd {
        var end = DiskAtEnd(isHealed: isHealed)
        let obligations = ObligationReader(world: world)
        end.owed = obligations.owed(on: store, at: moment, isStill: isHealed)
        end.idleAlarms = isHealed ? obligations.idleAlarms(on: store) : []
        // Opened once for all its recipients.
        var originals: [MessageID: VerifiedMessage] = [:]
        for (oin, row) in store.partners.ascending {
            guard let partner = world.witness.seat(oin) else { continue }
            end.outgoing[partner] = row.ordinals.ascending.compactMap { store.deliveries[$0.key] }
                .sorted { $0.key.number < $1.key.number }.map { outgoing($0, in: store, of: seat, &originals) }
            end.incoming[partner] = row.slots.ascending.map { _, slot in
                DiskAtEnd.Incoming(item: slot.item, answer: Self.kind(of: slot.answer))
            }
        }
        for (id, _) in store.inbox.ascending { end.inbox[id] = store.messages[id]?.summary.digest }
        for (id, message) in store.messages.ascending { end.ordinals[id] = Int(message.ordinal) }
        end.alarms = store.alarms.ascending.map { _, entry in
            DiskAtEnd.RaisedAlarm(
                code: entry.alarm.code, partner: entry.alarm.partner.flatMap(world.witness.seat),
                message: entry.alarm.messageID)
        }
        end.audit = store.audit.ascending.map(\.value.hash)
        if case .broken = store.verifyAuditChain(digest: sha256) { end.isAuditIntact = false }
        return end
    }

    func duplicates(_ stores: [MemoryStore]) -> Int {
        stores.reduce(0) { $0 + $1.partners.ascending.reduce(0) { $0 + $1.value.duplicates } }
    }

    private static func kind(of answer: KeptAnswer) -> AnsweredKind {
        switch answer {
        case .receipt: .receipt
        case .refusal: .refusal
        case .noted: .noted
        }
    }

    private func outgoing(
        _ delivery: StoredDelivery, in store: MemoryStore, of seat: Int,
        _ originals: inout [MessageID: VerifiedMessage]
    ) -> DiskAtEnd.Outgoing {
        let item =
            store.issuedItem(to: delivery.key.partner, at: delivery.key.number)
            ?? ChannelItem(number: delivery.key.number, messageID: delivery.messageID, messageDigest: .zero)
        return DiskAtEnd.Outgoing(
            item: item, transport: delivery.transport,
            isShown: store.pressing.contains(Pair(delivery.priority.rank, delivery.ordinal)),
            objection: objection(to: delivery, item, in: store, of: seat, &originals))
    }

    /// Why a kept proof proves nothing.
    private func objection(
        to delivery: StoredDelivery, _ item: ChannelItem, in store: MemoryStore, of seat: Int,
        _ originals: inout [MessageID: VerifiedMessage]
    ) -> String? {
        do {
            switch delivery.transport {
            case .receipted:
                let original =
                    if let known = originals[item.messageID] { known } else {
                        try original(item, delivery, store, seat)
                    }
                guard let original else { return "the message of number \(item.number) cannot be read" }
                originals[item.messageID] = original
                _ = try SignedReceipt.verify(
                    delivery.proof, for: original, from: delivery.key.partner, in: verification)
            case .refused:
                let verified = try SignedStatement.verify(delivery.proof, kind: .refusal, in: verification)
                let refusal = try Refusal(wireBytes: verified.payload)
                guard verified.signerOIN == delivery.key.partner, refusal.item == item else {
                    return "the refusal of number \(item.number) is another's"
                }
            case .open, .held, .withdrawn: break
            }
            return nil
        } catch {
            return "the proof of number \(item.number) does not verify: \(error)"
        }
    }

    /// - Returns: `nil` where the message or the key of its case is not there.
    private func original(
        _ item: ChannelItem, _ delivery: StoredDelivery, _ store: MemoryStore, _ seat: Int
    ) throws -> VerifiedMessage? {
        guard let kept = store.messages[item.messageID], let wrapped = store.caseKeys[delivery.caseReference] else {
            return nil
        }
        let key = try world.community.seats[seat].keys.archive.open(wrapped)
        return try Opener().openStored(UnverifiedEnvelope(kept.envelope, at: .store), with: key)
            .storedMessage(expecting: item.messageDigest, by: world.oin(seat))
    }
}
