import ExchangeCMS
package import ExchangeCore
import ExchangeStore
import Logging
import Synchronization

/// Gets back from a partner the content of messages that the disk has damaged, own and received ones (`protocol.md` §9.4):
/// those of which an alarm says that they cannot be read. Asked after each exchange of tallies; what is not to be had is
/// asked for again.
package final class Mending: Sendable {
    /// Asked for after one exchange of tallies, in their turns: a disk that damaged much is no reason to keep back what is
    /// new.
    private static let askedMaximumMessages = 8

    private let context: NodeContext
    /// How many were asked for already: the next ones are those behind.
    private let asked = Mutex(0)

    package init(_ context: NodeContext) { self.context = context }

    /// Whatever keeps it from that is logged: nothing waits for it.
    package func mend(with partner: OIN, over connection: any PartnerConnection) async {
        do {
            for message in try await damaged(with: partner) {
                try await mend(message, with: partner, over: connection)
            }
        } catch {
            context.logger.warning(
                "damaged content could not be got back now",
                metadata: ["partner": "\(partner)", "cause": "\(error)"])
        }
    }

    /// Those that cannot be read here and that the partner may have, as many as are asked for at once.
    private func damaged(with partner: OIN) async throws -> [MessageSummary] {
        // A message has an alarm for each recipient that it is kept from.
        var seen: Set<MessageID> = []
        let messages = try await context.ledger.alarms(includingCleared: false).map(\.alarm)
            .filter { $0.code == .storedMessageUnreadable }.compactMap(\.messageID)
            .filter { seen.insert($0).inserted }
        guard !messages.isEmpty else { return [] }
        let start = asked.withLock { asked in
            defer { asked = (asked + Self.askedMaximumMessages) % messages.count }
            return asked % messages.count
        }
        var found: [MessageSummary] = []
        for id in (messages[start...] + messages[..<start]).prefix(Self.askedMaximumMessages) {
            guard let kept = try await context.ledger.message(id), try await mayHave(kept, partner) else { continue }
            found.append(kept.message)
        }
        return found
    }

    /// Whether a partner sent a message, or may have received it: not what was withdrawn, or never sent to it.
    private func mayHave(_ kept: KeptMessage, _ partner: OIN) async throws -> Bool {
        guard kept.isOutgoing else { return kept.message.sender.oin == partner }
        var filter = DeliveryFilter()
        filter.messageID = kept.message.id
        filter.partner = partner
        return try await context.ledger.deliveries(filter).entries.contains { $0.transport != .withdrawn }
    }

    private func mend(
        _ message: MessageSummary, with partner: OIN, over connection: any PartnerConnection
    ) async throws {
        let request = RefillRequest(
            asker: context.oin, holder: partner, incarnation: context.ledger.opening.incarnation,
            for: .message(message.id))
        let answer = try RefillAnswer(wireBytes: try await connection.refill(request.wireBytes))
        guard let given = answer.items.first, !given.envelope.isEmpty else { return }
        do {
            // The digest of the books says that it is the message: its signer was judged when it was kept (§4.6).
            let found = try Opener().open(
                UnverifiedEnvelope(given.envelope, at: .wire), with: context.keys.decryption
            ).storedMessage(expecting: message.digest, by: message.sender.oin)
            let storageKey = try await context.caseKeys.key(for: message.caseReference)
            let envelope = try Sealer().encrypt(found.signedMessage, storageKey: storageKey)
            let isMended = try await context.ledger.mend(
                message.id, as: found.digest, envelope: envelope, from: partner, at: context.now.wall)
            guard isMended else { return }
            context.logger.notice(
                "damaged content was got back",
                metadata: ["message": "\(message.id)", "partner": "\(partner)"])
        } catch let error as CMSError {
            context.logger.warning(
                "what a partner gave back for damaged content is not the message",
                metadata: ["message": "\(message.id)", "partner": "\(partner)", "cause": "\(error)"])
        }
    }
}
