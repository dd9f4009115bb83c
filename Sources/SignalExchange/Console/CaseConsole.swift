package import ExchangeCatalogue
import ExchangeCore
import Foundation

/// What the commands print about cases, obligations and a submission before it is sent.
package struct CaseConsole: Sendable {
    let client: LocalClient
    private let clock: NodeClock
    let printsJSON: Bool

    /// - Parameter clock: the node's own.
    package init(client: LocalClient, clock: NodeClock, printsJSON: Bool) {
        self.client = client
        self.clock = clock
        self.printsJSON = printsJSON
    }

    /// Says what a submission would send, to whom and on what ground, and whom it leaves out. Nothing is sent.
    package func check(_ submission: [UInt8]) async throws {
        let preview = try await client.post("/v1/submissions/_check", body: submission)
        guard !printsJSON else { return ConsoleLine.print(preview) }
        func text(_ name: String) -> String { preview[name]?.text ?? "" }
        print("\(text("type")) \(text("title")), as \(text("role")), \(text("priority")), handling \(text("handling"))")
        print("on the purpose \(text("purpose"))")
        let basis = (preview["legalBasis"]?.elements ?? []).compactMap(\.text).joined(separator: ", ")
        print("and the legal basis \(basis)\n")
        print(
            TextTable(
                of: preview["recipients"]?.elements ?? [],
                columns: [("GOES TO", "name"), ("ROLE", "role"), ("GROUND", "ground")]
            ).text)
        print("")
        print(
            TextTable(
                of: preview["fields"]?.elements ?? [],
                columns: [("FIELD", "field"), ("VALUE", "value"), ("MEANING", "meaning")]
            ).text)
        let leftOut = preview["leftOut"]?.elements ?? []
        print(
            Self.words(onLeftOut: leftOut)
                ?? "\nEverybody in the directory who must be told of this type is among them.")
        print("Nothing was sent.")
    }

    /// What is owed here and to this organisation.
    package func obligations(onlyLate: Bool) async throws {
        var rows: [JSONValue] = []
        var after: String?
        repeat {
            var parameters = onlyLate ? ["late=true"] : []
            if let after { parameters.append("after=\(after)") }
            let query = parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&")
            let page = try await client.get("/v1/obligations\(query)")
            let items = page["items"]?.elements ?? []
            if printsJSON { for item in items { ConsoleLine.print(item) } } else { rows += items }
            after = page["next"]?.text
        } while after != nil
        guard !printsJSON else { return }
        guard !rows.isEmpty else { return print(onlyLate ? "Nothing is late." : "Nothing is owed.") }
        print(
            TextTable(
                of: rows,
                columns: [
                    ("MESSAGE", "message"), ("CASE", "caseRef"), ("TYPE", "type"), ("PRIORITY", "priority"),
                    ("OWED", "subject"), ("BY", "debtorName"), ("DUE", "due"), ("LATE", "late"), ("TOLD", "steps"),
                    ("TELEPHONE", "dutyPhone"),
                ]
            ).text(within: Terminal.width))
    }

    /// How long one request waits for the next step; then the next one does.
    private static let followSeconds: Int64 = 60

    /// Whom the ladder told, and what of it is over.
    ///
    /// - Parameters:
    ///   - count: of those before.
    ///   - follows: whether it goes on with what is taken from now on, until it is ended.
    package func steps(last count: Int, follows: Bool) async throws {
        var page = try await client.get("/v1/escalations?limit=\(count)")
        var isFirst = true
        while true {
            let items = page["items"]?.elements ?? []
            if printsJSON {
                for item in items { ConsoleLine.print(item) }
            } else if !items.isEmpty {
                print(Self.stepTable(of: items).text(within: Terminal.width))
            } else if isFirst {
                print("Nobody was told that anything is late.")
            }
            guard follows else { return }
            // Whoever reads a pipe has each line at once.
            fflush(nil)
            isFirst = false
            let next = page["next"]?.number ?? 0
            page = try await client.get(
                "/v1/escalations?after=\(next)&waitSeconds=\(Self.followSeconds)",
                timeoutSeconds: 2 * Self.followSeconds)
        }
    }

    private static func stepTable(of items: [JSONValue]) -> TextTable {
        TextTable(
            of: items,
            columns: [
                ("NO", "number"), ("TAKEN", "taken"), ("STEP", "step"), ("OWED", "subject"), ("BY", "debtorName"),
                ("TOLD", "contact"), ("TYPE", "type"), ("PRIORITY", "priority"), ("DUE", "due"), ("CASE", "caseRef"),
                ("MESSAGE", "message"),
            ])
    }

    /// Keeps that somebody at a recipient was told of a message by telephone.
    ///
    /// - Parameter at: a moment in UTC, to the second or the millisecond; now where it is `nil`.
    package func told(_ message: String, partner: String, role: String, at: String?) async throws {
        var body = JSONObject()
        body["role"] = .string(role)
        body["at"] = .string(at.map(Self.toTheMillisecond) ?? clock.now.wall.description)
        let answer = try await client.post(
            "/v1/messages/\(message)/recipients/\(partner)/_told", body: JSONWriter.write(.object(body)))
        guard !printsJSON else { return ConsoleLine.print(answer) }
        print("Noted. It stays open until their system acknowledges it.")
    }

    /// A moment as the API takes it: nobody telephones to the millisecond.
    package static func toTheMillisecond(_ moment: String) -> String {
        moment.hasSuffix("Z") && !moment.contains(".") ? moment.dropLast() + ".000Z" : moment
    }

    /// Who has been told what in a case, and what happened.
    ///
    /// - Parameter isLinked: whether what stands under other references of the same child is shown too.
    package func show(_ reference: String, isLinked: Bool) async throws {
        let document = try await client.get("/v1/cases/\(reference)\(isLinked ? "?linked=true" : "")")
        guard !printsJSON else { return ConsoleLine.print(document) }
        let messages = document["messages"]?.elements ?? []
        for found in document["contradictions"]?.elements ?? [] { print(Self.contradiction(found)) }
        for message in document["notTold"]?.elements ?? [] { print(Self.notTold(message)) }
        print("Case \(reference): \(messages.count) messages")
        let (statements, intentions) = (
            document["statements"]?.number ?? 0, document["interviewIntentions"]?.number ?? 0
        )
        print("Statements: \(statements). Intentions of a further interview: \(intentions).\n")
        let interviews = document["interviews"]?.elements ?? []
        if !interviews.isEmpty {
            print(
                TextTable(
                    of: interviews,
                    columns: [("INTERVIEW", "message"), ("OBJECTION", "standing"), ("AT", "at"), ("REASON", "reason")]
                ).text + "\n")
        }
        let links = document["links"]?.elements ?? []
        if !links.isEmpty {
            print(
                TextTable(
                    of: links,
                    columns: [
                        ("LINKED", "from"), ("WITH", "to"), ("BY", "type"), ("OF", "by"), ("VOUCHED", "vouched"),
                        ("AT", "at"), ("MESSAGE", "message"),
                    ]
                ).text + "\n")
        }
        print(Self.matrix(of: messages))
        if let draft = document["draft"], draft["submission"] != nil {
            print("\n\(Self.words(onDraft: draft))\nSee `exchange-node case draft \(reference)`.")
        }
        showUnanswered(document)
        showWords(document)
        let owed = document["obligations"]?.elements ?? []
        if !owed.isEmpty {
            print("")
            print(
                TextTable(
                    of: owed,
                    columns: [
                        ("OWED", "subject"), ("ON", "type"), ("BY", "debtorName"), ("DUE", "due"), ("LATE", "late"),
                        ("TELEPHONE", "dutyPhone"),
                    ]
                ).text)
        }
        // What is due stands above, with who owes it.
        let terms = (document["terms"]?.elements ?? []).filter { $0["kind"]?.text != "due" }
        if !terms.isEmpty {
            print("")
            print(
                TextTable(
                    of: terms,
                    columns: [("TERM", "name"), ("KIND", "kind"), ("COUNTED FROM", "basis"), ("MEANING", "meaning")]
                ).text)
        }
        print("")
        print(
            TextTable(
                of:
                    document["timeline"]?.elements ?? [],
                columns: (isLinked ? [("CASE", "caseRef")] : [])
                    + [("AT", "at"), ("TYPE", "type"), ("WHAT", "what"), ("WHO", "who"), ("DETAIL", "detail")]
            ).text)
        if document["isWhole"]?.flag == false { print("\nThe case is longer than what is shown.") }
    }

    /// The alert that a case drafts: the submission alone, so that it can be kept in a file, filled in and sent; and what is to be
    /// filled in, on standard error.
    package func draft(_ reference: String) async throws {
        let document = try await client.get("/v1/cases/\(reference)/draft")
        guard !printsJSON else { return ConsoleLine.print(document) }
        guard let submission = document["submission"],
            let bytes = try? JSONWriter.write(submission, layout: .indented, limits: .localAnswer)
        else { throw NodeError(.answerInvalid, "the node gave a draft without a submission") }
        print(String(decoding: bytes, as: UTF8.self), terminator: "")
        FileHandle.standardError.write(Data((Self.words(onDraft: document) + "\n").utf8))
    }

    static func words(onDraft draft: JSONValue) -> String {
        let blanks = (draft["toFill"]?.elements ?? []).map { blank in
            "  \(blank["field"]?.text ?? ""): \(blank["meaning"]?.text ?? "")"
        }
        return (["DRAFTED: DEP-01. \(draft["ground"]?["words"]?.text ?? "")", "Fill in or complete:"] + blanks)
            .joined(separator: "\n")
    }

    /// Messages down, organisations across; `-` where an organisation takes no part in a message.
    static func matrix(of messages: [JSONValue]) -> String {
        var names: [String] = []
        for party in messages.flatMap({ $0["parties"]?.elements ?? [] }) {
            let name = party["name"]?.text ?? ""
            if !names.contains(name) { names.append(name) }
        }
        let rows = messages.map { message in
            ["\(message["type"]?.text ?? "") \(message["title"]?.text ?? "")", message["created"]?.text ?? ""]
                + names.map { name in
                    let parties = message["parties"]?.elements ?? []
                    return parties.first { $0["name"]?.text == name }.map(cell) ?? "-"
                }
        }
        var table = TextTable(["MESSAGE", "CREATED"] + names)
        for row in rows { table.add(row) }
        return table.text
    }

    /// A delivery's state, as far as it says who was told.
    static func state(_ state: String) -> String {
        ["receipted": "told", "accepted": "not told", "sending": "not told"][state] ?? state
    }

    /// What one organisation has of one message, as it stands in the matrix.
    package static func cell(_ party: JSONValue) -> String {
        let state = party["state"]?.text ?? ""
        var words = [Self.state(state), party["owner"]?.text ?? ""]
        // Where this ledger knows nothing, what somebody said of it.
        if state == "named", let word = party["words"]?.elements.first {
            words = [told(word), "by the word of \(word["byName"]?.text ?? "") at \(word["at"]?.text ?? "")"]
        }
        if party["holdsAnother"]?.flag == true { words.append("ANOTHER MESSAGE") }
        if !(party["late"]?.elements ?? []).isEmpty { words.append("LATE") }
        if !(party["telephone"]?.elements ?? []).isEmpty { words.append("(telephone)") }
        return words.filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// - Returns: `nil` where nobody is left out.
    static func words(onLeftOut leftOut: [JSONValue]) -> String? {
        guard !leftOut.isEmpty else { return nil }
        let lines = leftOut.map { "  \($0["role"]?.text ?? ""): \($0["ground"]?.text ?? "")" }
        return "\nLEFT OUT, although they are to be told:\n" + lines.joined(separator: "\n")
    }
}
