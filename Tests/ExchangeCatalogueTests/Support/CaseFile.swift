import ExchangeCatalogue
import ExchangeCore
import Testing

/// What one node holds of a case, made of the examples.
struct CaseFile {
    private(set) var messages: [SignedContent] = []
    private let catalogue: Catalogue
    private let example: (String) throws -> Example

    init(of catalogue: Catalogue = .standard, example: @escaping (String) throws -> Example = { try Example($0) }) {
        self.catalogue = catalogue
        self.example = example
    }

    /// One more message, later than those before it.
    ///
    /// - Parameters:
    ///   - number: tells the messages of a test apart; `Community.messageID(number)` is its id.
    ///   - changes: of the example's body; `nil` takes a member out.
    mutating func hold(
        _ code: String, _ number: UInt64, from sender: Role, to recipients: [Role], answering: UInt64? = nil,
        superseding: UInt64? = nil, priority: Priority? = nil, at created: Timestamp = Community.created,
        _ changes: KeyValuePairs<String, JSONValue?> = [:]
    ) throws {
        messages.append(
            try content(
                code, number, from: sender, to: recipients, answering: answering, superseding: superseding,
                priority: priority, at: created, changes))
    }

    /// What the node says to a message that its agency hands in now; `nil` where it is sent.
    ///
    /// It is judged over the types alone that its rules look at, as a node reads no others.
    func refusal(
        _ code: String, _ number: UInt64 = 900, from sender: Role, to recipients: [Role], answering: UInt64? = nil,
        superseding: UInt64? = nil, priority: Priority? = nil, at created: Timestamp = Community.created,
        policy: CasePolicy = CasePolicy(), _ changes: KeyValuePairs<String, JSONValue?> = [:]
    ) throws -> ContentError? {
        let content = try content(
            code, number, from: sender, to: recipients, answering: answering, superseding: superseding,
            priority: priority, at: created, changes)
        let read = catalogue.caseRules(for: content).flatMap(\.looksAt)
        let history = CaseHistory(messages.filter { read.contains($0.type.code) }, of: catalogue)
        do throws(ContentError) {
            try catalogue.judge(content, in: LinkedHistory(vouched: history), policy)
            return nil
        } catch {
            #expect(error.code == .ruleViolated)
            #expect(error.rule.map { error.message.contains("(\($0))") } == true, "\(error.message)")
            return error
        }
    }

    private func content(
        _ code: String, _ number: UInt64, from sender: Role, to recipients: [Role], answering: UInt64?,
        superseding: UInt64?, priority: Priority?, at created: Timestamp, _ changes: KeyValuePairs<String, JSONValue?>
    ) throws -> SignedContent {
        let example = try example(code)
        guard case .object(let document) = example.document, case .object(var body)? = document["body"] else {
            throw ContentError(.contentMalformed, at: .document, "the example has no body")
        }
        for (member, value) in changes { body[member] = value }
        let content = SignedContent(
            id: Community.messageID(number), type: example.definition.type, sender: try Community.party(sender),
            recipients: try recipients.map { Recipient(try Community.party($0)) }, caseRef: Community.caseRef,
            conversation: Community.messageID(number), inReplyTo: answering.map(Community.messageID),
            supersedes: superseding.map(Community.messageID), created: created,
            priority: priority ?? example.definition.priority(for: body),
            purpose: try #require(PurposeURI("https://register.example/processing/case")),
            legalBasis: ["A6-1-e", "wpg:18"], handling: example.definition.defaultHandling, body: body)
        // A rule of the case is judged over content that its own type allows.
        try catalogue.validate(content)
        return content
    }
}

extension Timestamp {
    /// Noon of a day, in Coordinated Universal Time.
    static func noon(_ day: String) throws -> Timestamp { try #require(Timestamp(day + "T12:00:00.000Z")) }
}
