package import ExchangeCore
package import ExchangeStore

/// The references under which one child is registered, as far as answers that are held here say so: from each to each, over
/// any number of them, up to ``CaseLinks/referencesMaximum``.
package struct LinkedCases: Sendable {
    /// The one that was asked for first, then those that are ``vouched`` for, then the others, as they were found.
    package let references: [CaseReference]
    /// Those that answers of this organisation and of the guardian lead to. They come first, so that no number of invented
    /// references keeps one of them from being followed.
    package let vouched: [CaseReference]
    /// What says so, each once, in the order in which they were found.
    package let links: [CaseLinkEntry]
    /// Whether there are no more references than are followed.
    package let isWhole: Bool

    /// - Parameter organisation: whose node this is.
    package static func following(
        _ reference: CaseReference, in ledger: any ExchangeLedger, of organisation: OIN
    ) async throws -> LinkedCases {
        var walk = LinkWalk(from: reference, ledger)
        try await walk.follow { $0.isVouched(by: organisation) }
        let vouched = walk.references
        try await walk.follow { _ in true }
        return LinkedCases(
            references: walk.references, vouched: vouched, links: walk.followed, isWhole: walk.isWhole)
    }
}

extension LinkedCases {
    /// What is held of some types: in the vouched references, and in all, each in the order in which it was kept. The vouched
    /// ones are read by themselves: however much a partner puts under the others, it takes none of their places.
    ///
    /// - Parameter maximumItems: of the vouched, and of the others; the newest.
    package func messages(
        ofTypes codes: [String], maximumItems: Int, in ledger: any ExchangeLedger
    ) async throws -> (vouched: [CaseMessage], all: [CaseMessage]) {
        func held(_ references: [CaseReference]) async throws -> [CaseMessage] {
            try await ledger.messages(in: references, ofTypes: codes, maximumItems: maximumItems)
        }
        let own = try await held(vouched)
        let others = references.filter { !vouched.contains($0) }
        guard !others.isEmpty else { return (own, own) }
        // Merged and not sorted: a clock that was set back changes the order of neither.
        var all: [CaseMessage] = []
        var rest = own[...]
        for other in try await held(others) {
            while let next = rest.first, next.keptAt <= other.keptAt { all.append(rest.removeFirst()) }
            all.append(other)
        }
        return (own, all + rest)
    }
}

extension CaseLinkEntry {
    /// Whether rules may permit something on its word: that of this organisation, or of the guardian.
    func isVouched(by organisation: OIN) -> Bool {
        message.sender.oin == organisation || message.sender.role == .guardian
    }
}

private struct LinkWalk {
    private let ledger: any ExchangeLedger
    private(set) var references: [CaseReference]
    /// Those that the last walk followed.
    private(set) var followed: [CaseLinkEntry] = []
    private(set) var isWhole = true
    private var inForce: [CaseReference: [CaseLinkEntry]] = [:]

    init(from reference: CaseReference, _ ledger: any ExchangeLedger) {
        references = [reference]
        self.ledger = ledger
    }

    /// From all that were reached to all that such links lead to.
    mutating func follow(_ isFollowed: (CaseLinkEntry) -> Bool) async throws {
        followed = []
        var next = 0
        while next < references.count {
            let here = references[next]
            next += 1
            for entry in try await links(of: here) where isFollowed(entry) {
                let other = entry.other(than: here)
                if !followed.contains(entry) { followed.append(entry) }
                guard !references.contains(other) else { continue }
                guard references.count < CaseLinks.referencesMaximum else {
                    isWhole = false
                    continue
                }
                references.append(other)
            }
        }
    }

    private mutating func links(of reference: CaseReference) async throws -> [CaseLinkEntry] {
        if let known = inForce[reference] { return known }
        let found = CaseLinks.inForce(try await ledger.caseLinks(of: reference))
        inForce[reference] = found
        return found
    }
}
