import ExchangeCatalogue
import ExchangeCore
import ExchangeStore

/// The departure alert that a case drafts by itself, at an organisation that may send it. It is made anew each time that
/// somebody asks.
struct CaseDrafting: Sendable {
    let context: NodeContext
    let obligations: NodeObligations

    /// - Returns: `nil` where nothing is drafted, or this organisation may not send it.
    func draft(in reference: CaseReference) async throws -> DepartureDraft? {
        let senders = context.catalogue.all.last { $0.type.code == "DEP-01" }?.senderRoles ?? []
        guard let role = context.community.directory.member(context.oin)?.roles.first(where: senders.contains) else {
            return nil
        }
        let history = try await CaseReading(context).history(of: reference, types: CaseHistory.looksAtForDraft)
        return history.departureDraft(
            at: context.now.wall, by: role, own: context.oin, late: try await lateArrivals(in: history.whole))
    }

    /// - Throws: ``NodeError`` `nothing-drafted`.
    func document(of reference: CaseReference) async throws -> JSONValue {
        guard let draft = try await draft(in: reference) else {
            throw NodeError(
                .nothingDrafted,
                "nothing is drafted in case \(reference) here: no child is missed on arrival that was not alerted, or this "
                    + "organisation does not send the alert")
        }
        return draft.document
    }

    /// Whose arrival is late by the clock of the answer: what this node tells people is late has an alert drafted.
    private func lateArrivals(in history: CaseHistory) async throws -> Set<MessageID> {
        let (rules, now) = (obligations.rules, context.now.wall)
        var late: Set<MessageID> = []
        for message in history.all("PLC-02", "TRF-02") {
            let owed = try await obligations.owed(on: message.id, by: rules)?.owed ?? []
            if owed.contains(where: { $0.subject == .answer("PLC-03") && $0.isLate(at: now) }) {
                late.insert(message.id)
            }
        }
        return late
    }
}

extension DepartureDraft {
    var document: JSONValue {
        [
            "ground": [
                "message": .string(ground.description), "type": .string(groundCode), "words": .string(words),
            ],
            "submission": .object(submission),
            "taken": .array(
                taken.map { entry in
                    [
                        "field": .string(entry.field), "message": .string(entry.source.description),
                        "type": .string(entry.sourceCode),
                    ]
                }),
            "toFill": .array(toFill.map { ["field": .string($0.field), "meaning": .string($0.meaning)] }),
        ]
    }
}
