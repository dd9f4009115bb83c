package import ExchangeCatalogue

/// What the commands print of what partners said of a case.
extension CaseConsole {
    /// Asks partners' nodes what their ledgers say of a case.
    ///
    /// - Parameters:
    ///   - partner: one of them; all where it is `nil`.
    ///   - waitSeconds: how long it waits for the answers, 0 to 600.
    package func ask(
        _ reference: String, partner: String?, isMore: Bool, role: String?, purpose: String?, legalBasis: [String],
        waitSeconds: Int64
    ) async throws {
        var body = JSONObject()
        body["partner"] = partner.map { .string($0) }
        if isMore { body["more"] = true }
        body["role"] = role.map { .string($0) }
        body["purpose"] = purpose.map { .string($0) }
        if !legalBasis.isEmpty { body["legalBasis"] = .array(legalBasis.map { .string($0) }) }
        let answer = try await client.post(
            "/v1/cases/\(reference)/_ask?waitSeconds=\(waitSeconds)", body: JSONWriter.write(.object(body)),
            timeoutSeconds: waitSeconds + 60)
        guard !printsJSON else { return ConsoleLine.print(answer) }
        let asked = answer["asked"]?.elements ?? []
        guard !asked.isEmpty else { return print("Nobody else takes part in this case, as far as is known here.") }
        print(
            TextTable(
                of: asked, columns: [("ASKED", "name"), ("OIN", "partner"), ("QUERY", "id"), ("ANSWERED", "answered")]
            )
            .text)
        for one in asked {
            guard let problem = one["problem"]?.text, !problem.isEmpty else { continue }
            print("NOT ASKED: \(one["name"]?.text ?? ""): \(problem)".escapingControls())
        }
        let open = asked.count { $0["answered"]?.flag != true && $0["id"]?.text != nil }
        let notAsked = asked.count { $0["problem"]?.text?.isEmpty == false }
        if notAsked > 0 {
            return print("\(notAsked) were NOT asked: see above why. \(open) were, and have not answered yet.")
        }
        print(
            open == 0
                ? "All that were asked have answered: `exchange-node case show \(reference)`."
                : "\(open) have not answered yet. Their nodes answer by themselves: `exchange-node case show \(reference)` shows "
                    + "what has come.")
    }

    /// Below the matrix: who was asked and has said nothing, and since when.
    func showUnanswered(_ document: JSONValue) {
        let unanswered = document["unanswered"]?.elements ?? []
        guard !unanswered.isEmpty else { return }
        print("")
        var table = TextTable(["ASKED, NO ANSWER", "SINCE", "QUERY", "TIMES", "LATE", "TELEPHONE"])
        for one in unanswered {
            func text(_ name: String) -> String { TextTable.cell(one[name]) }
            table.add([
                text("partnerName"), text("since"), Self.state(text("state")), "\(one["queries"]?.elements.count ?? 0)",
                text("late"), text("dutyPhone"),
            ])
        }
        print(table.text)
    }

    /// Below the matrix: who said something of the case and when, and what of it is not here.
    func showWords(_ document: JSONValue) {
        let accounts = document["accounts"]?.elements ?? []
        guard !accounts.isEmpty else { return }
        print("")
        print(
            TextTable(
                of: accounts,
                columns: [
                    ("BY THE WORD OF", "byName"), ("AT", "at"), ("MESSAGES", "scope"), ("LISTED", "listed"),
                    ("MORE", "more"),
                ]
            ).text)
        let elsewhere = document["elsewhere"]?.elements ?? []
        guard !elsewhere.isEmpty else { return }
        print("\nNot in this ledger, by the word of others:")
        var table = TextTable(["TYPE", "MESSAGE", "FROM", "CREATED", "TO", "US", "BY THE WORD OF", "AT"])
        for entry in elsewhere {
            func text(_ name: String) -> String { entry[name]?.text ?? "" }
            let parties = (entry["parties"]?.elements ?? []).map { "\($0["name"]?.text ?? ""): \(Self.told($0))" }
            table.add([
                text("type"), text("id"), text("senderName"), text("created"), parties.joined(separator: ", "),
                entry["listsUs"]?.flag == true ? "LISTED, NOT HERE" : "-", text("byName"), text("at"),
            ])
        }
        print(table.text)
    }

    /// Loud: it stands before all else.
    static func contradiction(_ found: JSONValue) -> String {
        func text(_ name: String) -> String { found[name]?.text ?? "" }
        return
            ("CONTRADICTION \(text("what")): \(text("type")) \(text("message")), by the word of \(text("byName")) at "
            + "\(text("at")): \(text("detail"))").escapingControls()
    }

    /// As loud: others hold a message that names this organisation, and it is not here.
    package static func notTold(_ message: JSONValue) -> String {
        func text(_ name: String) -> String { message[name]?.text ?? "" }
        let words = (message["words"]?.elements ?? []).map { word in
            "\(word["byName"]?.text ?? "") (\(word["step"]?.text ?? ""), \(word["role"]?.text ?? "")) at "
                + (word["at"]?.text ?? "")
        }
        let since = message["late"]?.flag == true ? "has not come" : "has not come yet; it is late from \(text("due"))"
        return
            ("NOT TOLD HERE: a message of \(text("senderName")), \(text("id")), lists this organisation and \(since). By the "
            + "word of \(words.joined(separator: ", ")). Call \(text("senderContact"))").escapingControls()
    }

    static func told(_ word: JSONValue) -> String {
        let standing = word["standing"]?.text ?? ""
        return ["receipted": "told", "not-told": "not told"][standing] ?? standing
    }
}
