package import ExchangeCatalogue
package import ExchangeCore
package import SignalExchange

/// A running node's local API, with rows as values and waits that end.
///
/// Every method throws `NodeError`; `node-not-running` where the node is down.
package struct NodeAPI: Sendable {
    package let client: LocalClient

    package init(socketPath: String) { client = LocalClient(socketPath: socketPath) }

    // MARK: Sending

    /// - Parameter key: the idempotency key; the same key and submission make one message.
    package func submit(_ submission: JSONValue, key: String) async throws -> MessageID {
        try await submit(JSONWriter.write(submission), key: key)
    }

    /// - Parameter submission: JSON, as an agency's system wrote it.
    package func submit(_ submission: [UInt8], key: String) async throws -> MessageID {
        let answer = try await client.post("/v1/messages", body: submission, headers: ["Idempotency-Key": key])
        guard let text = answer["id"]?.text, let id = MessageID(text) else { throw RowError(member: "id", row: answer) }
        return id
    }

    /// Asks what a submission would come to; nothing is sent.
    ///
    /// - Throws: `NodeError` `submission-invalid`, as handing it in would.
    package func check(_ submission: JSONValue) async throws {
        _ = try await client.post("/v1/submissions/_check", body: JSONWriter.write(submission))
    }

    /// The longest that a node keeps a request.
    package static let waitMaximum = Milliseconds.seconds(600)

    /// - Parameters:
    ///   - partner: to whom; to all where it is `nil`.
    ///   - progress: how far each has to be for a node that keeps the request: `answered`, `owned` or `concluded`.
    ///   - waiting: the node answers when each delivery is so far, or this span is over. At most ``waitMaximum``.
    package func deliveries(
        of id: MessageID, to partner: OIN? = nil, until progress: String = "answered", waiting: Milliseconds = .zero
    ) async throws -> [DeliveryRow] {
        let seconds = Self.wholeSeconds(waiting)
        let filter = partner.map { "&partner=\($0)" } ?? ""
        return try await client.get(
            "/v1/messages/\(id)/deliveries?waitSeconds=\(seconds)&until=\(progress)\(filter)",
            timeoutSeconds: seconds + 30
        ).elements.map(DeliveryRow.init)
    }

    /// Rounded up, as far as a node waits.
    private static func wholeSeconds(_ span: Milliseconds) -> Int64 {
        (min(max(span, .zero), waitMaximum).count + 999) / 1000
    }

    /// - Parameters:
    ///   - onlyOpen: those without a receipt, and those refused or held; the most pressing first. Otherwise the newest
    ///     first.
    ///   - maximumItems: read page by page until this many are there; without it, all that are open, otherwise 1000.
    package func deliveries(onlyOpen: Bool = false, maximumItems: Int? = nil) async throws -> [DeliveryRow] {
        var rows: [DeliveryRow] = []
        try await client.list(
            "/v1/deliveries", onlyOpen ? ["open=true"] : [], maximumItems: maximumItems ?? (onlyOpen ? .max : 1000)
        ) {
            rows += try $0.map(DeliveryRow.init)
        }
        return rows
    }

    // MARK: The inbox

    /// The whole inbox, page by page; the most pressing first, and of those the oldest.
    ///
    /// - Parameter state: all states where it is `nil`.
    package func inbox(_ state: InboxState? = nil) async throws -> [InboxRow] {
        var rows: [InboxRow] = []
        try await client.list("/v1/inbox", state.map { ["state=\($0.rawValue)"] } ?? []) {
            rows += try $0.map(InboxRow.init)
        }
        return rows
    }

    /// The whole message, with its content.
    ///
    /// - Parameter waiting: the node answers when the message is there, or this span is over. At most ``waitMaximum``.
    package func inboxEntry(_ id: MessageID, waiting: Milliseconds = .zero) async throws -> JSONValue {
        let seconds = Self.wholeSeconds(waiting)
        return try await client.get("/v1/inbox/\(id)?waitSeconds=\(seconds)", timeoutSeconds: seconds + 30)
    }

    package func take(_ id: MessageID, role: String) async throws {
        try await step("take", id, ["role": .string(role)])
    }

    package func decline(_ id: MessageID, role: String, reason: String) async throws {
        try await step("decline", id, ["role": .string(role), "text": .string(reason)])
    }

    package func conclude(_ id: MessageID, role: String, outcome: String) async throws {
        try await step("conclude", id, ["role": .string(role), "text": .string(outcome)])
    }

    private func step(_ name: String, _ id: MessageID, _ body: JSONValue) async throws {
        _ = try await client.post("/v1/inbox/\(id)/_\(name)", body: JSONWriter.write(body))
    }

    // MARK: Accounts

    package func partners() async throws -> [PartnerRow] {
        try await client.get("/v1/partners").elements.map(PartnerRow.init)
    }

    /// Has the node exchange tallies with every partner now.
    package func greetPartners() async throws { _ = try await client.post("/v1/partners/_greet") }

    package func alarms() async throws -> [AlarmRow] {
        try await client.get("/v1/alarms").elements.map(AlarmRow.init)
    }

    /// All that is owed by the node's organisation and to it, page by page.
    package func obligations() async throws -> [ObligationRow] {
        var rows: [ObligationRow] = []
        var after: String?
        repeat {
            let page = try await client.get("/v1/obligations" + (after.map { "?after=\($0)" } ?? ""))
            rows += try page["items"]?.elements.map(ObligationRow.init) ?? []
            after = page["next"]?.text
        } while after != nil
        return rows
    }

    /// Walks the node's whole audit chain; `nil` where it is broken.
    package func intactAuditLeaves() async throws -> Int64? {
        let answer = try await client.get("/v1/audit")
        return answer["intact"]?.flag == true ? answer["leaves"]?.number : nil
    }

    /// Has the node read directory, anchors and revocation lists now.
    package func reload() async throws { _ = try await client.post("/v1/directory/_reload") }
}
