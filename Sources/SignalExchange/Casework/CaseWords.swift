import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
package import ExchangeStore

/// What partners said of a case when they were asked (NOD-10), beside what this node's own ledger has of it.
struct CaseWords: Sendable {
    /// What one partner said at one time.
    struct Statement: Sendable {
        let partner: OIN
        let query: MessageID
        let at: Timestamp
        let account: CaseAccount
    }

    /// Of one case and partner, the newest: whoever says more than that pushes nobody else's word out of sight.
    private static let statementsMaximumPerPartner = 50

    let context: NodeContext

    init(_ context: NodeContext) { self.context = context }

    /// In the order in which they came. An answer to a question that this node did not ask its sender is nobody's word.
    func statements(of reference: CaseReference) async throws -> [Statement] {
        let answers = try await context.ledger.messages(
            in: [reference], ofTypes: [CaseQuery.answerType.code], maximumItems: CaseLedger.messagesMaximum)
        var statements: [Statement] = []
        for kept in answers.newestReceived(maximumPerSender: Self.statementsMaximumPerPartner) {
            guard let content = try await CaseReading(context).content(of: kept.message.id),
                let query = content.inReplyTo, try await wasAsked(query, of: content.sender.oin, in: reference)
            else { continue }
            statements.append(
                Statement(
                    partner: content.sender.oin, query: query, at: content.created, account: try CaseAccount(content)))
        }
        return statements
    }

    private func wasAsked(_ query: MessageID, of partner: OIN, in reference: CaseReference) async throws -> Bool {
        guard let kept = try await context.ledger.message(query), kept.isOutgoing, kept.message.type == CaseQuery.type,
            kept.message.caseReference == reference
        else { return false }
        var filter = DeliveryFilter()
        filter.messageID = query
        return try await context.ledger.deliveries(filter).entries.contains { $0.recipient.oin == partner }
    }

    /// A case's document with what partners said: beside each organisation of each message, below it messages that are not
    /// here, and above it where their words contradict this ledger.
    ///
    /// - Parameter references: those of the document: the case's own, and with what is linked those of the same child.
    func add(to document: JSONValue, of references: [CaseReference]) async throws -> JSONValue {
        guard case .object(var object) = document else { preconditionFailure("a case's document is an object") }
        var statements: [Statement] = []
        var messages: [CaseMessage] = []
        for reference in references {
            let found = try await self.statements(of: reference)
            statements += found
            if !found.isEmpty { messages += try await CaseLedger(context).messages(of: reference) }
        }
        // Of one case they stand in the order in which they came.
        if references.count > 1 { statements.sort { $0.at < $1.at } }
        let digests = Dictionary(messages.map { ($0.message.id, $0.message.digest) }) { first, _ in first }
        let directory = context.community.directory
        object["accounts"] = .array(newest(statements).map { $0.document(directory) })
        object["contradictions"] = .array(
            try await contradictions(statements, with: messages).map { statement, found in
                statement.document(directory, of: found)
            })
        object["elsewhere"] = .array(elsewhere(statements, beside: messages, directory))
        guard case .array(let rows)? = object["messages"] else { return .object(object) }
        object["messages"] = .array(rows.map { addWords(to: $0, statements, digests, directory) })
        return .object(object)
    }

    private func newest(_ statements: [Statement]) -> [Statement] {
        statements.reversed().reduce(into: []) { newest, statement in
            if !newest.contains(where: { $0.partner == statement.partner }) { newest.append(statement) }
        }
    }

    /// The last words on a message, one a partner.
    private func words(on message: MessageID, _ statements: [Statement]) -> [(Statement, CaseAccount.Entry)] {
        var words: [(Statement, CaseAccount.Entry)] = []
        for statement in statements.reversed() where !words.contains(where: { $0.0.partner == statement.partner }) {
            if let entry = statement.account.entries.first(where: { $0.id == message }) {
                words.append((statement, entry))
            }
        }
        return words
    }

    private func addWords(
        to row: JSONValue, _ statements: [Statement], _ digests: [MessageID: Digest], _ directory: Directory
    ) -> JSONValue {
        guard case .object(var message) = row, let id = row["id"]?.text.flatMap({ MessageID($0) }),
            case .array(let parties)? = message["parties"]
        else { return row }
        let all = words(on: id, statements)
        // Who holds another message under this id says nothing of this one.
        let words = all.filter { $0.1.digest == digests[id] }
        let others = Set(all.filter { $0.1.digest != digests[id] }.map(\.0.partner))
        message["parties"] = .array(
            parties.map { party in
                guard case .object(var cell) = party, let oin = party["oin"]?.text.flatMap({ OIN($0) }) else {
                    return party
                }
                cell["words"] = .array(
                    words.compactMap { statement, entry in
                        entry.told(oin).flatMap {
                            $0.standing == .unknown ? nil : statement.document(directory, of: $0)
                        }
                    })
                if others.contains(oin) { cell["holdsAnother"] = true }
                return .object(cell)
            })
        return .object(message)
    }

    private func contradictions(
        _ statements: [Statement], with messages: [CaseMessage]
    ) async throws -> [(Statement, AccountContradiction)] {
        guard !statements.isEmpty else { return [] }
        var own: [CaseAccount.Entry] = []
        for kept in messages { own.append(try await CaseLedger(context).entry(of: kept)) }
        var found: [(Statement, AccountContradiction)] = []
        for (index, statement) in statements.enumerated().reversed() {
            // What a partner said later of a message stands in the place of what it said before.
            let later = statements[(index + 1)...].filter { $0.partner == statement.partner }
            found += AccountComparison.contradictions(
                statement.account, by: statement.partner, at: statement.at, with: own, of: context.oin
            ).filter { one in !later.contains { $0.account.covers(one.message) } }.map { (statement, $0) }
        }
        return found
    }

    /// Messages of the case that partners list and that are not here: another's, to others, or on their way.
    private func elsewhere(
        _ statements: [Statement], beside messages: [CaseMessage], _ directory: Directory
    ) -> [JSONValue] {
        var ids: [MessageID] = []
        for entry in statements.flatMap(\.account.entries)
        where !ids.contains(entry.id) && !messages.contains(where: { $0.message.id == entry.id }) {
            ids.append(entry.id)
        }
        return ids.sorted().flatMap { id in
            words(on: id, statements).map { statement, entry in
                [
                    "id": .string(id.description), "type": .string(entry.code),
                    "title": .string(context.catalogue.all.last { $0.type.code == entry.code }?.title.english ?? ""),
                    "sender": .string(entry.sender.oin.text),
                    "senderName": .string(directory.member(entry.sender.oin)?.name ?? ""),
                    "created": .string(entry.created.description),
                    "by": .string(statement.partner.text),
                    "byName": .string(directory.member(statement.partner)?.name ?? ""),
                    "at": .string(statement.at.description),
                    "listsUs": .bool(entry.told.contains { $0.party.oin == context.oin }),
                    "parties": .array(
                        entry.told.map { told in
                            var party = JSONObject()
                            party["oin"] = .string(told.party.oin.text)
                            party["name"] = .string(directory.member(told.party.oin)?.name ?? "")
                            party["role"] = .string(told.party.role.rawValue)
                            told.addTimes(to: &party)
                            return .object(party)
                        }),
                ]
            }
        }
    }
}

extension [CaseMessage] {
    /// What was received, in its order, and of each sender the newest alone.
    package func newestReceived(maximumPerSender maximum: Int) -> [CaseMessage] {
        var counts: [OIN: Int] = [:]
        return reversed().filter { kept in
            guard !kept.isOutgoing else { return false }
            counts[kept.message.sender.oin, default: 0] += 1
            return counts[kept.message.sender.oin, default: 0] <= maximum
        }.reversed()
    }
}

extension CaseWords.Statement {
    private func head(_ directory: Directory) -> JSONObject {
        var object = JSONObject()
        object["by"] = .string(partner.text)
        object["byName"] = .string(directory.member(partner)?.name ?? "")
        object["at"] = .string(at.description)
        return object
    }

    fileprivate func document(_ directory: Directory) -> JSONValue {
        var object = head(directory)
        object["scope"] = account.isOfAll ? "all" : "shared"
        object["listed"] = .integer(Int64(account.entries.count))
        object["more"] = .bool(account.hasMore)
        return .object(object)
    }

    fileprivate func document(_ directory: Directory, of told: CaseAccount.Told) -> JSONValue {
        var object = head(directory)
        told.addTimes(to: &object)
        return .object(object)
    }

    fileprivate func document(_ directory: Directory, of found: AccountContradiction) -> JSONValue {
        var object = head(directory)
        object["what"] = .string(found.kind.rawValue)
        object["message"] = .string(found.message.description)
        object["type"] = .string(found.code)
        object["detail"] = .string(found.detail)
        return .object(object)
    }
}

extension CaseAccount.Told {
    /// What is known of a recipient and when, each time also where there is none.
    fileprivate func addTimes(to object: inout JSONObject) {
        object["standing"] = .string(standing.rawValue)
        for (name, time) in [
            ("receiptedAt", receiptedAt), ("ownedAt", ownedAt), ("declinedAt", declinedAt),
            ("concludedAt", concludedAt),
        ] { object[name] = time.map { .string($0.description) } ?? .null }
    }
}
