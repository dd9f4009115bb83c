import ExchangeCatalogue
import ExchangeCore
import ExchangeStore

/// Which partners were asked for their part of a case (NOD-07) and have not answered (NOD-10), and since when.
///
/// An answer names the query that it answers, and so settles that query and those that the partner was asked before it: what it
/// said last stands in the place of what it would have said then.
struct UnansweredQueries: Sendable {
    /// Of one case, the newest.
    private static let queriesMaximum = 500
    private static let answersMaximumPerPartner = 50

    let obligations: NodeObligations
    private var context: NodeContext { obligations.context }

    /// A query to one partner, and how far it is.
    private struct Asked {
        let query: CaseMessage
        let delivery: DeliveryEntry
    }

    /// A case's document with them, each partner once a case.
    func add(to document: JSONValue, of references: [CaseReference]) async throws -> JSONValue {
        guard case .object(var object) = document else { preconditionFailure("a case's document is an object") }
        var rows: [JSONValue] = []
        for reference in references { rows += try await self.rows(in: reference) }
        object["unanswered"] = .array(rows)
        return .object(object)
    }

    private func rows(in reference: CaseReference) async throws -> [JSONValue] {
        let asked = try await asked(in: reference)
        guard !asked.isEmpty else { return [] }
        let answers = try await context.ledger.messages(
            in: [reference], ofTypes: [CaseQuery.answerType.code], maximumItems: CaseLedger.messagesMaximum
        ).newestReceived(maximumPerSender: Self.answersMaximumPerPartner)
        var rows: [JSONValue] = []
        for (partner, queries) in asked {
            let left = try await unanswered(queries, by: answers.filter { $0.message.sender.oin == partner })
            if let row = try await document(of: partner, left, in: reference) { rows.append(row) }
        }
        return rows
    }

    /// In the order in which each partner was first asked. One that was withdrawn asks nobody.
    private func asked(in reference: CaseReference) async throws -> [(partner: OIN, queries: [Asked])] {
        let queries = try await context.ledger.messages(
            in: [reference], ofTypes: [CaseQuery.type.code], maximumItems: Self.queriesMaximum)
        var asked: [(partner: OIN, queries: [Asked])] = []
        for query in queries where query.isOutgoing {
            var filter = DeliveryFilter()
            filter.messageID = query.message.id
            for delivery in try await context.ledger.deliveries(filter).entries where delivery.transport != .withdrawn {
                let one = Asked(query: query, delivery: delivery)
                if let index = asked.firstIndex(where: { $0.partner == delivery.recipient.oin }) {
                    asked[index].queries.append(one)
                } else {
                    asked.append((delivery.recipient.oin, [one]))
                }
            }
        }
        return asked
    }

    /// Those behind the last one that was answered.
    private func unanswered(_ queries: [Asked], by answers: [CaseMessage]) async throws -> ArraySlice<Asked> {
        var left = queries[...]
        for answer in answers.reversed() where !left.isEmpty {
            let last: Int?
            if let content = try await CaseReading(context).content(of: answer.message.id) {
                last = queries.lastIndex { $0.query.message.id == content.inReplyTo }
            } else {
                // Which one it answered cannot be read any more: one of those that it came after.
                last = queries.lastIndex { $0.query.keptAt <= answer.keptAt }
            }
            if let last { left = queries[max(left.startIndex, last + 1)...] }
        }
        return left
    }

    private func document(
        of partner: OIN, _ left: ArraySlice<Asked>, in reference: CaseReference
    ) async throws -> JSONValue? {
        guard let first = left.first, let last = left.last else { return nil }
        let (now, rules, member) = (context.now.wall, obligations.rules, context.community.directory.member(partner))
        let owed = try await obligations.owed(on: first.query.message.id, by: rules)?.owed ?? []
        return [
            "partner": .string(partner.text), "partnerName": .string(member?.name ?? partner.text),
            "dutyPhone": .string(member?.dutyContact.phone ?? ""), "caseRef": .string(reference.description),
            "since": .string(first.query.keptAt.description),
            "queries": .array(left.map { .string($0.query.message.id.description) }),
            "state": .string(last.delivery.state.rawValue),
            "late": .bool(owed.contains { $0.debtor == partner && $0.isLate(at: now) }),
        ]
    }
}
