/// A partner asks what this node's ledger says of a case, and the node answers by itself (`protocol.md` §15.3).
///
/// That it was answered is the idempotency key under which its one answer was accepted, in the same transaction: a query that
/// was receipted and has none is answered, also after a crash.
package enum CaseQuery {
    /// NOD-07, which asks.
    package static let type = standard("NOD-07")
    /// NOD-10, which answers.
    package static let answerType = standard("NOD-10")
    package static func isQueryOrAnswer(_ type: MessageType) -> Bool {
        [self.type.code, answerType.code].contains(type.code)
    }

    /// What the keys of answers begin with; no caller of the API takes one.
    package static let keyPrefix = "node:told:"

    package static func answerKey(of query: MessageID) -> String {
        keyPrefix + query.description.filter { $0 != "-" }
    }

    private static func standard(_ code: String) -> MessageType {
        guard let type = MessageType(code: code) else { preconditionFailure("\(code) is not a code of our own") }
        return type
    }
}

/// A query that was received, and whether its answer was accepted.
package struct ReceivedCaseQuery: Hashable, Sendable {
    package let query: MessageID
    package let isAnswered: Bool

    package init(query: MessageID, isAnswered: Bool) {
        self.query = query
        self.isAnswered = isAnswered
    }
}
