package import ExchangeCore
import ExchangeStore

extension MemoryLedger {
    package func caseLinks(of reference: CaseReference) async throws -> [CaseLinkEntry] {
        let store = try read()
        return store.linksOfCase.ascending(from: Pair(reference, 0)).rows { $0.first == reference }.flatMap {
            row -> [CaseLinkEntry] in
            guard let kept = store.messages[row.value] else { return [] }
            return (store.links[row.value] ?? []).filter { link in
                kept.summary.caseReference == reference || link.other == reference
            }.map { CaseLinkEntry(message: kept.summary, keptAt: kept.keptAt, link: $0) }
        }
    }
}

extension MemoryTransaction {
    mutating func keep(_ links: [CaseLink], of message: MessageSummary) throws {
        guard let kept = store.messages[message.id] else {
            throw StoreError.invariant("a link is of a message")
        }
        var rows = store.links[message.id] ?? []
        for link in links {
            guard link.other != message.caseReference, !rows.contains(where: { $0.other == link.other }) else {
                throw StoreError.invariant("a message links its case once with another")
            }
            rows.append(link)
            for side in [message.caseReference, link.other] {
                store.linksOfCase[Pair(side, kept.ordinal)] = message.id
            }
        }
        store.links[message.id] = rows.isEmpty ? nil : rows.sorted { $0.other < $1.other }
    }

    /// With the content that says so.
    mutating func eraseLinks(by message: MessageID) {
        guard let kept = store.messages[message], let links = store.links[message] else { return }
        for side in [kept.summary.caseReference] + links.map(\.other) {
            store.linksOfCase[Pair(side, kept.ordinal)] = nil
        }
        store.links[message] = nil
    }
}
