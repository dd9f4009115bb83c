package import ExchangeCore

extension Catalogue {
    /// Which cases a content says to be one with its own, or no more.
    ///
    /// A response to a signal (SIG-02) that combines it with others links their cases; the same with the status
    /// `entered-in-error` takes that back.
    ///
    /// - Parameter held: the cases of the related signals, as far as they are held here.
    package func links(by content: SignedContent, held: [CaseReference]) -> [CaseLink] {
        guard content.isCombining else { return [] }
        let isLinked = content.text("status") != "entered-in-error"
        return (content.caseReferences("relatedCases") + held).reduce(into: []) { links, other in
            guard other != content.caseRef, !links.contains(where: { $0.other == other }) else { return }
            links.append(CaseLink(to: other, isLinked: isLinked))
        }
    }
}

extension SignedContent {
    /// Whether it says that several signals are of one child.
    package var isCombining: Bool { type.code == "SIG-02" && text("decision") == "combined" }

    /// The related signals that it names.
    package var relatedSignals: [MessageID] { texts("relatedSignals").compactMap { MessageID($0) } }

    fileprivate func caseReferences(_ member: String) -> [CaseReference] {
        texts(member).compactMap { CaseReference($0) }
    }

    private func texts(_ member: String) -> [String] {
        guard case .array(let elements)? = body[member] else { return [] }
        return elements.compactMap { element in if case .string(let text) = element { text } else { nil } }
    }
}

extension CaseRule {
    /// Whoever is told that two signals are of one child must find the other one: it may not hold that signal.
    static let combinedNamesCase = CaseRule(
        "combined-names-case", "whoever combines a signal with one of another reference names that reference",
        looksAt: ["SIG-01", "SIG-03"]
    ) { (content, history, _, rule) throws(ContentError) in
        guard content.isCombining, content.body["relatedCases"] == nil else { return }
        let known = history.all("SIG-01", "SIG-03").map(\.id)
        guard let foreign = content.relatedSignals.first(where: { !known.contains($0) }) else { return }
        throw rule.violation(
            at: FieldPath("body").member("relatedCases"),
            "\(foreign) is not in this case: add the reference of its case")
    }
}
