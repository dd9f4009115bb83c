import ExchangeCore

extension CaseRule {
    /// The story is told once: whoever wants to ask again knows that it was told, and says why that does not suffice.
    static let statementIsNamedFirst = CaseRule(
        "statement-is-named-first",
        "whoever wants to ask the child again names the statement that is there, and why not it",
        looksAt: ["STO-01"]
    ) { (content, history, _, rule) throws(ContentError) in
        let statements = history.all("STO-01")
        guard !statements.isEmpty else { return }
        let ids = statements.compactMap { $0.messageID("statement") }
        guard let statement = statements.first(where: { $0.messageID("statement") == content.messageID("statement") })
        else {
            let held = zip(ids, statements).map { "\($0) held by \($1.sender.role.rawValue)" }
            throw rule.violation(
                at: FieldPath("body").member("statement"), allowed: ids.map(\.description),
                "there is a statement: \(held.joined(separator: ", ")); ask for it with STO-02, or name it here and say "
                    + "in whyNotEnough why it does not suffice")
        }
        guard content.body["whyNotEnough"] != nil else {
            throw rule.violation(
                at: FieldPath("body").member("whyNotEnough"),
                "say why the statement does not suffice, or ask for it with STO-02")
        }
        let holder = statement.sender
        guard holder.oin != content.sender.oin, !content.recipients.contains(where: { $0.party.oin == holder.oin })
        else { return }
        throw rule.violation(
            at: FieldPath("recipients"), allowed: [holder.oin.text],
            "add the holder of the statement: \(holder.oin.text) (\(holder.role.rawValue))")
    }

    /// Whoever asked for the statement waits for the answer, unless the child would be harmed by waiting.
    static let acuteOrAnsweredFirst = CaseRule(
        "acute-or-answered-first", "whoever asked for a statement asks the child anew only where it is acute",
        looksAt: ["STO-02", "STO-03"]
    ) { (content, history, _, rule) throws(ContentError) in
        let own = history.open("STO-02").filter { $0.sender.oin == content.sender.oin }
        guard let request = own.first, content.flag("acute") != true else { return }
        throw rule.violation(
            at: FieldPath("body").member("acute"),
            "wait for the STO-03 that answers \(request.id), or put true here where the child would be harmed by waiting"
        )
    }
}
