import ExchangeCatalogue
import ExchangeCore
import Foundation

/// What the commands print about a running node: tables for people, one JSON object a line for scripts.
package struct OperatorConsole: Sendable {
    /// A store of 100 GB on a slow medium.
    private static let backupMaximumSeconds: Int64 = 7200

    private let client: LocalClient
    private let printsJSON: Bool

    package init(client: LocalClient, printsJSON: Bool) {
        self.client = client
        self.printsJSON = printsJSON
    }

    // MARK: Sending

    /// Submits one message and says what it became; with a wait, also who has been told.
    ///
    /// - Throws: ``NodeError`` `recipient-refused` where a recipient refused it; otherwise `wait-timed-out` where a
    ///   delivery is still open when the wait is over: it is kept and sent on.
    package func send(_ submission: [UInt8], key: String?, waitSeconds: Int64?) async throws {
        let headers = key.map { ["Idempotency-Key": $0] } ?? [:]
        let accepted = try await client.post("/v1/messages", body: submission, headers: headers)
        let id = accepted["id"]?.text ?? ""
        if printsJSON {
            line(accepted)
        } else {
            print("\(id)  accepted" + (accepted["repeated"]?.flag == true ? " before, under the same key" : ""))
        }
        // Beside what is printed: what is piped on is the id. As JSON it stands in the answer.
        if !printsJSON, let words = CaseConsole.words(onLeftOut: accepted["leftOut"]?.elements ?? []) {
            FileHandle.standardError.write(Data("\(words.dropFirst())\n".utf8))
        }
        guard let waitSeconds else { return }
        let deliveries = try await client.get(
            "/v1/messages/\(id)/deliveries?waitSeconds=\(waitSeconds)", timeoutSeconds: waitSeconds + 30)
        show(deliveries, columns: Self.deliveryColumns)
        let untold = deliveries.elements.filter { $0["receipted"]?.flag != true }
        guard untold.isEmpty else { throw Self.notTold(untold, of: deliveries.elements.count, message: id) }
    }

    /// A refusal is no wait that was too short, and neither is what was held or withdrawn here: for these somebody must
    /// act, while sending goes on for the others.
    private static func notTold(_ untold: [JSONValue], of count: Int, message id: String) -> NodeError {
        func name(_ delivery: JSONValue) -> String { delivery["recipientName"]?.text ?? "" }
        func names(_ state: TransportState) -> String {
            untold.filter { $0["state"]?.text == state.rawValue }.map(name).joined(separator: ", ")
        }
        let refusals = untold.filter { $0["state"]?.text == TransportState.refused.rawValue }
            .map { "\(name($0)) refused it (\($0["detail"]?.text ?? ""))" }.joined(separator: "; ")
        let (open, held, withdrawn) = (names(.open), names(.held), names(.withdrawn))
        var sentences: [String] = []
        if !refusals.isEmpty {
            sentences.append(
                "NOT told: \(refusals). The same bytes are refused again: correct it and send it as a new message that "
                    + "supersedes \(id), or call them.")
        }
        if !withdrawn.isEmpty {
            sentences.append(
                "No receipt, and sent no more, for it was withdrawn here: \(withdrawn). What was on its way may still "
                    + "arrive.")
        }
        if !held.isEmpty {
            sentences.append(
                "No receipt, and not sent until somebody releases it (`exchange-node queue release`): \(held). What was "
                    + "on its way may still arrive.")
        }
        if !open.isEmpty { sentences.append("NOT told yet, and the node goes on with them: \(open).") }
        sentences.append(
            "\(untold.count) of \(count) recipients have not been told. See `exchange-node queue show \(id)`")
        let code: NodeErrorCode =
            !refusals.isEmpty ? .recipientRefused : held.isEmpty && withdrawn.isEmpty ? .waitTimedOut : .deliveryStopped
        return NodeError(code, sentences.joined(separator: " "))
    }

    // MARK: The inbox

    /// Which part of the inbox is listed.
    package enum InboxPart: Hashable, Sendable {
        /// What somebody has still to take or to conclude.
        case open
        case all
        /// In one state, as the operator wrote it.
        case state(String)
    }

    /// Every page to the end, printed as it comes: the most pressing first, and of those the oldest.
    package func inboxList(_ part: InboxPart) async throws {
        let parameters =
            switch part {
            case .open: ["state=ready,owned"]
            case .all: [String]()
            case .state(let state): ["state=\(state)"]
            }
        try await showList(
            "/v1/inbox", parameters,
            columns: [
                ("MESSAGE", "id"), ("TYPE", "type"), ("PRIORITY", "priority"), ("FROM", "senderName"),
                ("RECEIVED", "received"), ("STATE", "state"), ("OWNER", "owner"),
                ("MAY BE A REPEAT", "mayBeRepeated"),
            ],
            empty: part == .open
                ? "Nothing waits in the inbox; --all shows what was declined or concluded too." : "Nothing is there.")
    }

    /// The whole message, with its content: for the eyes of those who may read it.
    package func inboxShow(_ id: String) async throws {
        let entry = try await client.get("/v1/inbox/\(id)")
        printsJSON ? line(entry) : print(try indented(entry))
    }

    package func inboxStep(_ step: String, on id: String, role: String, text: String?) async throws {
        var body: JSONObject = JSONObject()
        body["role"] = .string(role)
        if let text { body["text"] = .string(text) }
        let answer = try await client.post("/v1/inbox/\(id)/_\(step)", body: JSONWriter.write(.object(body)))
        if printsJSON {
            line(answer)
        } else {
            print("\(id)  \(answer["state"]?.text ?? "")  (acknowledgement \(answer["acknowledgement"]?.text ?? ""))")
        }
    }

    // MARK: The queue

    package struct QueueQuery: Sendable {
        package var partner: String?
        package var caseRef: String?
        package var onlyOpen: Bool
        /// `nil` for the whole list.
        package var maximumItems: Int?

        package init(partner: String?, caseRef: String?, onlyOpen: Bool, maximumItems: Int?) {
            self.partner = partner
            self.caseRef = caseRef
            self.onlyOpen = onlyOpen
            self.maximumItems = maximumItems
        }
    }

    /// Page after page, printed as they come: of what is open the most pressing first, otherwise the newest.
    package func queueList(_ query: QueueQuery) async throws {
        var parameters: [String] = []
        if query.onlyOpen { parameters.append("open=true") }
        if let partner = query.partner { parameters.append("partner=\(partner)") }
        if let reference = query.caseRef { parameters.append("caseRef=\(reference)") }
        let shown = query.maximumItems ?? .max
        let next = try await showList(
            "/v1/deliveries", parameters, maximumItems: shown, columns: Self.deliveryColumns,
            empty: try await nothing(query))
        guard let next else { return }
        let rest = try await countRest(parameters, behind: next)
        let count = rest.isWhole ? "\(rest.count)" : "more than \(rest.count)"
        let advice =
            query.onlyOpen
            ? "leave --limit out to see all"
            : rest.isWhole ? "see them with --limit \(shown + rest.count)" : "raise --limit to see more"
        let text = "there are \(count) more; \(advice)"
        if printsJSON {
            // Beside the rows, not among them: a script reads those, and a person must not take them for all.
            FileHandle.standardError.write(Data("exchange-node: \(text)\n".utf8))
        } else {
            print(text)
        }
    }

    /// Beyond this many, their number says nothing more to a person, and counting them would only keep the node busy.
    private static let countedMaximumItems = 10_000

    private func countRest(
        _ parameters: [String], behind cursor: String
    ) async throws -> (count: Int, isWhole: Bool) {
        var count = 0
        let next = try await client.list(
            "/v1/deliveries", parameters, after: cursor, maximumItems: Self.countedMaximumItems
        ) { count += $0.count }
        return (count, next == nil)
    }

    /// What an empty queue means. "Everybody has been told" is more than a node can know: what was withdrawn told nobody.
    private func nothing(_ query: QueueQuery) async throws -> String {
        let filter = [query.partner.map { "partner \($0)" }, query.caseRef.map { "case \($0)" }].compactMap { $0 }
        guard filter.isEmpty else {
            return "No \(query.onlyOpen ? "open delivery" : "delivery") matches (\(filter.joined(separator: ", ")))."
        }
        guard query.onlyOpen else { return "Nothing was sent yet." }
        let status = try await client.get("/v1/status")
        func many(_ name: String, _ words: String) -> String {
            let count = status[name]?.number ?? 0
            return count == 0 ? "" : " \(words.replacing("#", with: "\(count)"))"
        }
        return "Nothing is open." + many("withdrawn", "# were withdrawn (queue list shows them).")
            + many("purged", "The content of # went by retention; what became of them is kept.")
    }

    /// - Parameter withAnswers: also the reasons and outcomes of the recipients: content, for those who may read it.
    package func queueShow(_ id: String, withAnswers: Bool) async throws {
        let rows = try await client.get("/v1/messages/\(id)/deliveries" + (withAnswers ? "?answers=true" : ""))
        show(
            rows, columns: Self.deliveryColumns + [("SAID AT", "saidAt")] + (withAnswers ? [("ANSWER", "answer")] : []))
    }

    /// - Parameters:
    ///   - message: what the number is to stand for; `nil` where that is not known.
    ///   - role: who holds or withdraws; the reason that is declared to the partner begins with it.
    package func queueMove(
        _ event: String, partner: String, number: String, message: String?, role: String?, reason: String
    ) async throws {
        var body = JSONObject()
        body["message"] = message.map { .string($0) }
        body["role"] = role.map { .string($0) }
        body["reason"] = .string(reason)
        let answer = try await client.post(
            "/v1/deliveries/\(partner)/\(number)/_\(event)", body: JSONWriter.write(.object(body)))
        guard !printsJSON else { return line(answer) }
        let meaning =
            switch event {
            case "withdraw":
                "it is sent no more, which is final. No receipt of it is here; what was on its way may still arrive, so "
                    + "look again (`exchange-node queue show`) before you rely on it that they do not know"
            case "hold":
                "it is not sent until it is released; what was on its way may still arrive, and then shows as receipted"
            default: "it is on its way again"
            }
        print(
            "\(answer["message"]?.text ?? "")  \(answer["state"]?.text ?? ""), number \(number) to \(partner): \(meaning)"
        )
    }

    // MARK: Partners and alarms

    package func partners() async throws {
        show(
            try await client.get("/v1/partners"),
            columns: [
                ("PARTNER", "name"), ("OIN", "oin"), ("LINK", "link"), ("SINCE", "unreachableSince"),
                ("DUTY PHONE", "dutyPhone"), ("SENT", "issued"), ("OPEN", "open"),
                ("RECEIVED", "received"), ("GAPS", "gaps"), ("OUR LIST THERE", "outgoing"),
                ("THEIR LIST HERE", "incoming"), ("PROBLEM", "problem"),
            ], empty: "The directory has no other member.")
    }

    package func consumers() async throws {
        let answer = try await client.get("/v1/consumers")
        show(
            answer["items"] ?? .array([]),
            columns: [
                ("CONSUMER", "name"), ("FEED", "feed"), ("NOT CONFIRMED", "pending"), ("SINCE", "pendingSince"),
                ("LAST CONFIRMED", "confirmed"),
            ],
            empty: "No system follows the inbox or the deliveries here.")
    }

    package func alarms() async throws {
        show(
            try await client.get("/v1/alarms"),
            columns: [
                ("SINCE", "at"), ("ALARM", "code"), ("NAME", "partnerName"), ("PARTNER", "partner"),
                ("MESSAGE", "message"), ("CASE", "caseRef"), ("TIMES", "count"), ("WHAT TO DO", "detail"),
            ],
            empty: "No alarm is open.", within: Terminal.width)
    }

    /// Ends an alarm that a person has dealt with; one that still holds is raised again.
    package func clearAlarm(_ code: String, partner: String?, message: String?) async throws {
        var body = JSONObject()
        if let partner { body["partner"] = .string(partner) }
        if let message { body["message"] = .string(message) }
        let answer = try await client.post("/v1/alarms/\(code)/_clear", body: JSONWriter.write(.object(body)))
        printsJSON ? line(answer) : print("\(answer["cleared"]?.number ?? 0) cleared")
    }

    /// - Parameter path: absolute: the node's working folder is another than the caller's.
    package func backup(to path: String) async throws {
        let answer = try await client.post(
            "/v1/store/_backup", body: JSONWriter.write(["file": .string(path)]),
            timeoutSeconds: Self.backupMaximumSeconds)
        guard !printsJSON else { return line(answer) }
        print(
            "\(path)  \(answer["bytes"]?.number ?? 0) bytes, whole and on the disk. It covers what "
                + "\(answer["partners"]?.number ?? 0) partners sent, and is read with the keys alone: keep a copy of those "
                + "elsewhere.")
    }

    package func status() async throws {
        let status = try await client.get("/v1/status")
        printsJSON ? line(status) : print(try indented(status))
    }

    /// The one line by which `run` says that it listens.
    package static func announceReady(_ configuration: NodeConfiguration) {
        ConsoleLine.print([
            "ready": true, "oin": .string(configuration.oin.text), "port": .integer(Int64(configuration.port)),
            "socket": .string(configuration.socketPath),
        ])
    }

    // MARK: Printing

    private static let deliveryColumns = [
        ("MESSAGE", "id"), ("TYPE", "type"), ("PRIORITY", "priority"), ("RECIPIENT", "recipientName"),
        ("OIN", "recipient"),
        ("NO", "number"), ("STATE", "state"), ("WAITING SINCE", "waitingSince"), ("SECURED", "secured"),
        ("OWNER", "owner"), ("RETRIES", "attempts"),
        ("NEXT", "nextAttempt"),
        ("WHY", "detail"),
    ]

    /// - Returns: the cursor behind which more would follow; `nil` at the list's end.
    @discardableResult
    private func showList(
        _ path: String, _ parameters: [String], maximumItems: Int = .max, columns: [(String, String)], empty: String
    ) async throws -> String? {
        var isFirst = true
        return try await client.list(path, parameters, maximumItems: maximumItems) { rows in
            if isFirst || !rows.isEmpty { show(.array(rows), columns: columns, empty: empty) }
            isFirst = false
        }
    }

    /// - Parameter width: where a wider table is printed as rows by themselves; see ``TextTable/text(within:)``.
    private func show(
        _ rows: JSONValue, columns: [(String, String)], empty: String = "Nothing.", within width: Int? = nil
    ) {
        if printsJSON {
            for row in rows.elements { line(row) }
            return
        }
        guard !rows.elements.isEmpty else {
            print(empty)
            return
        }
        print(TextTable(of: rows.elements, columns: columns).text(within: width))
    }

    private func line(_ value: JSONValue) { ConsoleLine.print(value) }

    private func indented(_ value: JSONValue) throws -> String {
        String(
            decoding: try JSONWriter.write(value, layout: .indented, limits: .localAnswer), as: UTF8.self
        ).escapingControls(keepsLineFeeds: true)
    }
}
