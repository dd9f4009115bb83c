package import ExchangeCore

/// What one organisation's ledger says of a case: who has been told what, and when. It is the body of a NOD-10, and names
/// nothing of what stands in the messages.
package struct CaseAccount: Equatable, Sendable {
    /// What is known of one recipient of one message.
    package enum Standing: String, CaseIterable, Hashable, Sendable {
        /// Nothing: it is somebody else's message.
        case unknown
        /// No receipt is here.
        case untold = "not-told"
        case receipted, owned, declined, concluded, refused, withdrawn

        /// Whether its node held the message.
        package var isTold: Bool {
            switch self {
            case .receipted, .owned, .declined, .concluded: true
            case .unknown, .untold, .refused, .withdrawn: false
            }
        }
    }

    package struct Told: Hashable, Sendable {
        package let party: Party
        package let standing: Standing
        package let receiptedAt: Timestamp?
        package let ownedAt: Timestamp?
        package let declinedAt: Timestamp?
        package let concludedAt: Timestamp?

        package init(
            _ party: Party, _ standing: Standing, receiptedAt: Timestamp? = nil, ownedAt: Timestamp? = nil,
            declinedAt: Timestamp? = nil, concludedAt: Timestamp? = nil
        ) {
            self.party = party
            self.standing = standing
            self.receiptedAt = receiptedAt
            self.ownedAt = ownedAt
            self.declinedAt = declinedAt
            self.concludedAt = concludedAt
        }
    }

    package struct Entry: Hashable, Sendable {
        package let id: MessageID
        package let digest: Digest
        package let code: String
        package let sender: Party
        package let created: Timestamp
        /// Empty where the list went by retention.
        package let told: [Told]

        package init(
            id: MessageID, digest: Digest, code: String, sender: Party, created: Timestamp, told: [Told]
        ) {
            self.id = id
            self.digest = digest
            self.code = code
            self.sender = sender
            self.created = created
            self.told = told
        }

        /// Whether an organisation takes part in the message: nobody else but a guardian is told of it. What was withdrawn from
        /// it was not for it.
        package func isShared(with organisation: OIN) -> Bool {
            sender.oin == organisation
                || told.contains { $0.party.oin == organisation && $0.standing != .withdrawn }
        }

        package func told(_ organisation: OIN) -> Told? { told.first { $0.party.oin == organisation } }
    }

    package static let entriesMaximum = 256
    /// What the messages of one answer may have as JSON, so that the whole content stays under `contentMaximumBytes`.
    package static let entriesMaximumBytes = 57_344

    /// Whether all of the ledger was looked through for the asker, and not only what it took part in.
    package let isOfAll: Bool
    package let before: MessageID?
    /// The newest first.
    package let entries: [Entry]
    package let hasMore: Bool

    package init(isOfAll: Bool, before: MessageID?, entries: [Entry], hasMore: Bool) {
        self.isOfAll = isOfAll
        self.before = before
        self.entries = entries
        self.hasMore = hasMore
    }

    /// Whether a message of the case would stand in it, if it were in the ledger that it is of.
    package func covers(_ message: MessageID) -> Bool {
        if let before, message >= before { return false }
        guard hasMore else { return true }
        return entries.last.map { message >= $0.id } ?? false
    }
}

// MARK: The body

extension CaseAccount {
    package var body: JSONObject {
        var body = JSONObject()
        body["scope"] = isOfAll ? "all" : "shared"
        if let before { body["before"] = .string(before.description) }
        body["messages"] = .array(entries.map(\.document))
        body["more"] = .bool(hasMore)
        return body
    }

    /// Reads the body of a NOD-10 that ``Catalogue/validate(_:)`` has checked.
    ///
    /// - Throws: ``ContentError``.
    package init(_ content: SignedContent) throws(ContentError) {
        let reader = try ObjectReader(
            .object(content.body), at: FieldPath("body"), members: ["scope", "before", "messages", "more"])
        isOfAll = try reader.text("scope") == "all"
        before = try reader.optionalMessageID("before")
        var entries: [Entry] = []
        for (index, value) in try reader.elements("messages", count: 0...Self.entriesMaximum).enumerated() {
            entries.append(try Entry(value, at: reader.path.member("messages").element(index)))
        }
        self.entries = entries
        hasMore = content.flag("more") ?? false
    }
}

extension CaseAccount.Entry {
    package var document: JSONValue {
        [
            "id": .string(id.description), "digest": .string(digest.description), "type": .string(code),
            "sender": ["oin": .string(sender.oin.text), "role": .string(sender.role.rawValue)],
            "created": .string(created.description), "recipients": .array(told.map(\.document)),
        ]
    }

    fileprivate init(_ value: JSONValue, at path: FieldPath) throws(ContentError) {
        let reader = try ObjectReader(
            value, at: path, members: ["id", "digest", "type", "sender", "created", "recipients"])
        var told: [CaseAccount.Told] = []
        let elements = try reader.elements("recipients", count: 0...SignedContent.recipientCountRange.upperBound)
        for (index, element) in elements.enumerated() {
            told.append(try CaseAccount.Told(element, at: path.member("recipients").element(index)))
        }
        self.init(
            id: try reader.messageID("id"),
            digest: try reader.parsed("digest", form: Form.digest) { Digest(lowerCaseHexadecimal: $0) },
            code: try reader.text("type"), sender: try Party(reader.required("sender"), at: path.member("sender")),
            created: try reader.parsed("created", form: Form.timestamp) { Timestamp($0) }, told: told)
    }
}

extension CaseAccount.Told {
    private static let times = ["receiptedAt", "ownedAt", "declinedAt", "concludedAt"]

    package var document: JSONValue {
        var object = JSONObject()
        object["oin"] = .string(party.oin.text)
        object["role"] = .string(party.role.rawValue)
        object["standing"] = .string(standing.rawValue)
        for (name, time) in zip(Self.times, [receiptedAt, ownedAt, declinedAt, concludedAt]) {
            if let time { object[name] = .string(time.description) }
        }
        return .object(object)
    }

    fileprivate init(_ value: JSONValue, at path: FieldPath) throws(ContentError) {
        let reader = try ObjectReader(value, at: path, members: ["oin", "role", "standing"] + Self.times)
        func time(_ name: String) throws(ContentError) -> Timestamp? {
            try reader.optionallyParsed(name, form: Form.timestamp) { Timestamp($0) }
        }
        self.init(
            Party(
                oin: try reader.parsed("oin", form: Form.oin) { OIN($0) },
                role: try reader.code("role", of: .role, as: Role.self)),
            try reader.code("standing", of: .toldStanding, as: CaseAccount.Standing.self),
            receiptedAt: try time("receiptedAt"), ownedAt: try time("ownedAt"), declinedAt: try time("declinedAt"),
            concludedAt: try time("concludedAt"))
    }
}
