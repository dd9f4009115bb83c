import ExchangeCatalogue
import ExchangeCore
import ExchangeStore

/// Asks partners' nodes what their ledgers say of a case (NOD-07).
struct CaseAsking: Sendable {
    /// What an operator or a system asks for.
    struct Wish: Sendable {
        /// `nil` for all who take part in the case as far as it is known here; for a guardian all members.
        let partner: OIN?
        /// Whether to go on behind the last message that the last answer had room for.
        let isMore: Bool
        let role: String?
        /// `nil` for that of the newest message of the case that can be read here.
        let purpose: String?
        let legalBasis: [String]?
    }

    /// Behind how many messages it stops to look for a purpose.
    private static let purposeMaximumMessages = 50

    let context: NodeContext
    let submitting: Submitting

    /// What became of asking one partner.
    struct Asked: Sendable {
        let partner: OIN
        /// `nil` where it could not be asked.
        let query: MessageID?
        /// Why it could not be asked, and what to do; empty where it was.
        let problem: String
    }

    /// - Returns: the query to each partner. Where several are asked, one that cannot be keeps nobody else from being asked.
    /// - Throws: ``NodeError``: `case-unknown` where nothing is held of it here and this organisation is no guardian,
    ///   `recipient-unknown`, or, of one partner, as ``Submitting/submit(_:key:by:)``.
    func ask(
        _ reference: CaseReference, _ wish: Wish, by actor: ActorID
    ) async throws -> [Asked] {
        let directory = context.community.directory
        let ledger = CaseLedger(context)
        let messages = try await ledger.messages(of: reference)
        let isGuardian = directory.member(context.oin)?.roles.contains(.guardian) ?? false
        guard !messages.isEmpty || isGuardian else {
            throw NodeError(
                .caseUnknown,
                "this node holds nothing of case \(reference), and only a guardian asks about such a case; its "
                    + "references stand as `caseRef` in `exchange-node queue list --json` and `inbox list --json`")
        }
        let (purpose, basis) = try await ground(of: wish, messages)
        var asked: [Asked] = []
        for member in try await partners(wish, in: messages, isGuardian: isGuardian, directory) {
            var document = JSONObject()
            document["type"] = .string(CaseQuery.type.code)
            if let role = wish.role { document["role"] = .string(role) }
            document["recipients"] = [
                ["oin": .string(member.oin.text), "role": .string(member.roles[0].rawValue)]
            ]
            document["caseRef"] = .string(reference.description)
            document["purpose"] = .string(purpose)
            document["legalBasis"] = .array(basis.map { .string($0) })
            var body = JSONObject()
            if wish.isMore, let before = try await before(of: member.oin, in: reference) {
                body["before"] = .string(before.description)
            }
            document["body"] = .object(body)
            do {
                let outcome = try await submitting.submit(
                    JSONWriter.write(.object(document), limits: .localRequest), key: nil, by: actor)
                asked.append(Asked(partner: member.oin, query: outcome.messageID, problem: ""))
            } catch let error as NodeError where wish.partner == nil {
                asked.append(Asked(partner: member.oin, query: nil, problem: "\(error)"))
            }
        }
        return asked
    }

    private func partners(
        _ wish: Wish, in messages: [CaseMessage], isGuardian: Bool, _ directory: Directory
    ) async throws -> [Member] {
        if let partner = wish.partner {
            guard partner != context.oin, let member = directory.member(partner) else {
                throw NodeError(
                    .recipientUnknown, "the directory (version \(directory.version)) has no partner \(partner)")
            }
            return [member]
        }
        var known: Set<OIN> = []
        if !isGuardian {
            for kept in messages {
                known.insert(kept.message.sender.oin)
                known.formUnion(try await CaseLedger(context).entry(of: kept).told.map(\.party.oin))
            }
        }
        return directory.members.filter { $0.oin != context.oin && (isGuardian || known.contains($0.oin)) }
    }

    /// The oldest message that the newest answer of a partner lists, where that had no room for more.
    private func before(of partner: OIN, in reference: CaseReference) async throws -> MessageID? {
        guard let last = try await CaseWords(context).statements(of: reference).last(where: { $0.partner == partner }),
            last.account.hasMore
        else { return nil }
        return last.account.entries.last?.id
    }

    private func ground(
        of wish: Wish, _ messages: [CaseMessage]
    ) async throws -> (purpose: String, basis: [String]) {
        if let purpose = wish.purpose, let basis = wish.legalBasis { return (purpose, basis) }
        for kept in messages.prefix(Self.purposeMaximumMessages) {
            guard let content = try await CaseReading(context).content(of: kept.message.id) else { continue }
            return (wish.purpose ?? content.purpose.text, wish.legalBasis ?? content.legalBasis)
        }
        throw NodeError(
            .requestInvalid,
            "purpose, legalBasis: say on what ground this is asked; there is no message of this case here that says it")
    }

    /// Which of the queries are answered.
    func answered(_ queries: [MessageID], in reference: CaseReference) async throws -> Set<MessageID> {
        let statements = try await CaseWords(context).statements(of: reference)
        return Set(statements.map(\.query)).intersection(queries)
    }
}
