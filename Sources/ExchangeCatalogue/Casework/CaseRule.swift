import ExchangeCore

/// What a type demands of the case in which it is sent, beyond what stands in the message itself.
///
/// The sender's node judges it, before anything is sealed, over the part of the case that it holds (``CaseHistory``). The
/// recipients' nodes do not: what they hold may be behind, and a message that waits for another is not refused for that.
package struct CaseRule: Sendable {
    package typealias Check =
        @Sendable (
            _ content: SignedContent, _ history: CaseHistory, _ policy: CasePolicy, _ rule: CaseRule
        ) throws(ContentError) -> Void

    /// Lower case with hyphens; refusals name it.
    package let name: String
    /// What must be so, as a sentence without a full stop.
    package let statement: String
    /// The codes of the types that it looks at: no others are read.
    package let looksAt: [String]
    /// The codes of the types whose recipients and senders it demands: they may be told, whatever was agreed since.
    package let reachesRecipientsOf: [String]
    private let check: Check

    package init(
        _ name: String, _ statement: String, looksAt: [String], reachesRecipientsOf: [String] = [],
        _ check: @escaping Check
    ) {
        self.name = name
        self.statement = statement
        self.looksAt = looksAt
        self.reachesRecipientsOf = reachesRecipientsOf
        self.check = check
    }

    /// - Throws: ``ContentError`` with the code `rule-violated`, the rule's name and the field.
    package func check(_ content: SignedContent, in history: CaseHistory, _ policy: CasePolicy) throws(ContentError) {
        try check(content, history, policy, self)
    }

    package func violation(at path: FieldPath, allowed: [String] = [], _ remedy: String) -> ContentError {
        ContentError(.ruleViolated, at: path, allowed: allowed, rule: name, "\(statement) (\(name)): \(remedy)")
    }
}

extension MessageTypeDefinition {
    /// The rules of the case that no type has to itself; they hold where the guardian is told.
    package var generalCaseRules: [CaseRule] {
        isHandedOver && recipientRoles.contains(.guardian) ? [.guardianshipEndsWithMajority] : []
    }
}

extension Catalogue {
    /// The rules by which a message is judged in its case: those of its type, and those of its recipients.
    package func caseRules(for content: SignedContent) -> [CaseRule] {
        guard let definition = self[content.type] else { return [] }
        let isToGuardian = content.recipients.contains { $0.party.role == .guardian }
        // By a rule of the directory also where the catalogue does not name the guardian.
        return definition.caseRules
            + (isToGuardian && definition.isHandedOver ? [.guardianshipEndsWithMajority] : [])
    }
}
