package import ExchangeCatalogue
package import ExchangeCore
import SignalExchange

/// What a node's local API shows, one type a kind of row. Each takes the members that tests and the demo look at.
///
/// A row that is not of its form is a fault of the node: reading it throws ``RowError``.
package struct DeliveryRow: Hashable, Sendable {
    package let messageID: MessageID
    package let type: String
    package let caseReference: CaseReference
    package let recipient: OIN
    package let number: Int64
    package let state: DeliveryState
    package let isReceipted: Bool
    package let followUp: FollowUp
    /// The duty role that owns or declined it; empty until then.
    package let owner: String
    /// How far it must be acknowledged: 1, 2 or 3.
    package let wanted: AcknowledgementLevel
    /// Sendings that were not answered by a receipt or refusal.
    package let attempts: Int64
    /// The last thing that went wrong; empty where nothing did.
    package let detail: String

    init(_ row: JSONValue) throws(RowError) {
        messageID = try row.parsed("id") { MessageID($0) }
        type = try row.text("type")
        caseReference = try row.parsed("caseRef") { CaseReference($0) }
        recipient = try row.parsed("recipient") { OIN($0) }
        number = try row.number("number")
        state = try row.parsed("state") { DeliveryState(rawValue: $0) }
        isReceipted = try row.flag("receipted")
        followUp = try row.parsed("followUp") { FollowUp(rawValue: $0) }
        owner = try row.text("owner")
        wanted = try row.parsed("wanted") { text in AcknowledgementLevel.allCases.first { "L\($0.rawValue)" == text } }
        attempts = try row.number("attempts")
        detail = try row.text("detail")
    }

    /// Whether the recipient's people did all that the message's type asks for.
    package var isFollowedUp: Bool {
        followUp.meets(wanted)
    }
}

package struct InboxRow: Hashable, Sendable {
    package let messageID: MessageID
    package let type: String
    package let sender: OIN
    package let state: InboxState

    init(_ row: JSONValue) throws(RowError) {
        messageID = try row.parsed("id") { MessageID($0) }
        type = try row.text("type")
        sender = try row.parsed("sender") { OIN($0) }
        state = try row.parsed("state") { InboxState(rawValue: $0) }
    }
}

package struct PartnerRow: Hashable, Sendable {
    package let oin: OIN
    package let name: String
    /// Numbers issued to this partner, and how many of them are without an answer.
    package let issued: Int64
    package let open: Int64
    /// Numbers received of this partner without a hole before them.
    package let received: Int64
    package let gaps: [String]
    package let attempts: Int64
    package let duplicates: Int64
    package let lastTally: Timestamp?
    package let outgoing: String
    package let incoming: String
    /// Why the link waits; empty where it does not.
    package let problem: String
    private let agrees: Bool

    init(_ row: JSONValue) throws(RowError) {
        oin = try row.parsed("oin") { OIN($0) }
        name = try row.text("name")
        problem = try row.text("problem")
        // A partner with whom nothing was exchanged yet has no account.
        let hasAccount = row["issued"] != nil
        issued = hasAccount ? try row.number("issued") : 0
        open = hasAccount ? try row.number("open") : 0
        received = hasAccount ? try row.number("received") : 0
        gaps = hasAccount ? row["gaps"]?.elements.compactMap(\.text) ?? [] : []
        attempts = hasAccount ? try row.number("attempts") : 0
        duplicates = hasAccount ? try row.number("duplicates") : 0
        lastTally = row["lastTally"]?.text.flatMap { Timestamp($0) }
        outgoing = hasAccount ? try row.text("outgoing") : ""
        incoming = hasAccount ? try row.text("incoming") : ""
        agrees = hasAccount ? try row.flag("agree") : false
    }

    /// Whether the last tallies agree on all that either side has issued, and nothing was issued or received since.
    package var agreesAtTheLastNumber: Bool {
        agrees && outgoing == "agree at \(issued)" && incoming == "agree at \(received)"
    }
}

package struct AlarmRow: Hashable, Sendable {
    package let code: String
    package let partner: OIN?
    package let messageID: MessageID?
    package let detail: String

    init(_ row: JSONValue) throws(RowError) {
        code = try row.text("code")
        partner = row["partner"]?.text.flatMap { OIN($0) }
        messageID = row["message"]?.text.flatMap { MessageID($0) }
        detail = try row.text("detail")
    }
}

/// A member of a row is missing, or not of its form.
package struct RowError: Error, CustomStringConvertible {
    package let member: String
    package let row: JSONValue

    package var description: String { "the node shows a row without a usable member `\(member)`: \(row)" }
}

extension JSONValue {
    fileprivate func text(_ name: String) throws(RowError) -> String {
        guard let text = self[name]?.text else { throw RowError(member: name, row: self) }
        return text
    }

    fileprivate func number(_ name: String) throws(RowError) -> Int64 {
        guard let number = self[name]?.number else { throw RowError(member: name, row: self) }
        return number
    }

    fileprivate func flag(_ name: String) throws(RowError) -> Bool {
        guard let flag = self[name]?.flag else { throw RowError(member: name, row: self) }
        return flag
    }

    fileprivate func parsed<Value>(_ name: String, _ parse: (String) -> Value?) throws(RowError) -> Value {
        guard let value = parse(try text(name)) else { throw RowError(member: name, row: self) }
        return value
    }
}
