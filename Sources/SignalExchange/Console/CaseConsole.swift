import ExchangeCatalogue
import ExchangeCore
import Foundation

/// What the commands print about cases, obligations and a submission before it is sent.
package struct CaseConsole: Sendable {
    private let client: LocalClient
    private let printsJSON: Bool

    package init(client: LocalClient, printsJSON: Bool) {
        self.client = client
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
        print(Self.words(onLeftOut: leftOut) ?? "\nEverybody who must be told of this type is among them.")
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
                    ("MESSAGE", "message"), ("TYPE", "type"), ("PRIORITY", "priority"), ("OWED", "subject"),
                    ("BY", "debtorName"), ("DUE", "due"), ("LATE", "late"), ("TOLD", "steps"),
                    ("TELEPHONE", "dutyPhone"),
                ]
            ).text)
    }

    /// Keeps that somebody at a recipient was told of a message by telephone.
    package func told(_ message: String, partner: String, role: String, at: String?) async throws {
        var body = JSONObject()
        body["role"] = .string(role)
        body["at"] = .string(at ?? Timestamp.current.description)
        let answer = try await client.post(
            "/v1/messages/\(message)/recipients/\(partner)/_told", body: JSONWriter.write(.object(body)))
        guard !printsJSON else { return ConsoleLine.print(answer) }
        print("Noted. It stays open until their system acknowledges it.")
    }

    /// Who has been told what in a case, and what happened.
    package func show(_ reference: String) async throws {
        let document = try await client.get("/v1/cases/\(reference)")
        guard !printsJSON else { return ConsoleLine.print(document) }
        let messages = document["messages"]?.elements ?? []
        print("Case \(reference): \(messages.count) messages")
        let (statements, intentions) = (
            document["statements"]?.number ?? 0, document["interviewIntentions"]?.number ?? 0
        )
        print("Statements: \(statements). Intentions of a further interview: \(intentions).\n")
        print(Self.matrix(of: messages))
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
        print("")
        print(
            TextTable(
                of:
                    document["timeline"]?.elements ?? [],
                columns: [("AT", "at"), ("TYPE", "type"), ("WHAT", "what"), ("WHO", "who"), ("DETAIL", "detail")]
            ).text)
        if document["isWhole"]?.flag == false { print("\nThe case is longer than what is shown.") }
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

    private static func cell(_ party: JSONValue) -> String {
        let state = party["state"]?.text ?? ""
        var words = [
            ["receipted": "told", "accepted": "not told", "sending": "not told"][state] ?? state,
            party["owner"]?.text ?? "",
        ]
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
