package import ExchangeCore
package import ExchangeStore

/// The references under which one child is registered, as far as answers that are held here say so: from each to each, over
/// any number of them, up to ``CaseLinks/referencesMaximum``.
package struct LinkedCases: Sendable {
    /// The one that was asked for first, then as they were found.
    package let references: [CaseReference]
    /// What says so, each once, in the order in which they were found.
    package let links: [CaseLinkEntry]
    /// Whether there are no more references than are followed.
    package let isWhole: Bool

    package static func following(
        _ reference: CaseReference, in ledger: any ExchangeLedger
    ) async throws -> LinkedCases {
        var references = [reference]
        var links: [CaseLinkEntry] = []
        var isWhole = true
        var next = 0
        while next < references.count {
            let here = references[next]
            next += 1
            for entry in CaseLinks.inForce(try await ledger.caseLinks(of: here)) {
                let other = entry.other(than: here)
                if !links.contains(entry) { links.append(entry) }
                guard !references.contains(other) else { continue }
                guard references.count < CaseLinks.referencesMaximum else {
                    isWhole = false
                    continue
                }
                references.append(other)
            }
        }
        return LinkedCases(references: references, links: links, isWhole: isWhole)
    }
}
