import ExchangeCatalogue
import ExchangeCore
import Foundation

/// What `reconcile` does and prints: a block for each pair, and how all of them stand.
package struct ReconcileConsole: Sendable {
    /// Each pair has as long as its partner may take to answer, and the disk a while.
    private static let requestMaximumSeconds: Int64 = 60
    /// Lines of one pair on a screen; the document has more.
    private static let shownMaximumItems = 40

    private let client: LocalClient
    private let printsJSON: Bool

    package init(client: LocalClient, printsJSON: Bool) {
        self.client = client
        self.printsJSON = printsJSON
    }

    /// - Parameters:
    ///   - partner: the only one; all of them where it is `nil`.
    ///   - out: where the signed report is written; of several partners, a folder.
    /// - Throws: ``NodeError`` `books-need-person` where somebody must decide, `books-not-agreed` where not all has arrived or
    ///   a partner did not answer; after everything was printed.
    package func run(partner: String?, out: String?) async throws {
        let partners = if let partner { [partner] } else { try await partnersOfDirectory() }
        // Asked for at once: a partner that is away is waited for beside the others.
        let answers = try await withThrowingTaskGroup(of: (Int, JSONValue).self) { group in
            for (index, partner) in partners.enumerated() {
                group.addTask {
                    (
                        index,
                        try await client.post(
                            "/v1/partners/\(partner)/_reconcile", timeoutSeconds: Self.requestMaximumSeconds)
                    )
                }
            }
            var answers = [JSONValue](repeating: .null, count: partners.count)
            for try await (index, answer) in group { answers[index] = answer }
            return answers
        }
        if let out { try write(answers, to: out, isOne: partner != nil) }
        for answer in answers { printsJSON ? line(answer) : show(answer) }
        if !printsJSON { try await showOwnLoss() }
        try conclude(answers.map { $0["report"] ?? .null })
    }

    private func partnersOfDirectory() async throws -> [String] {
        let partners = try await client.get("/v1/partners").elements.compactMap { $0["oin"]?.text }
        guard partners.isEmpty else { return partners }
        throw NodeError(.requestInvalid, "the directory has no other member, so that there are no books to compare")
    }

    private func write(_ answers: [JSONValue], to out: String, isOne: Bool) throws(NodeError) {
        if !isOne {
            do {
                try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
            } catch {
                throw NodeError(.fileUnreadable, "\(out) cannot be made; name another folder", cause: "\(error)")
            }
        }
        for answer in answers {
            guard let signed = answer["signed"]?.text.flatMap({ Data(base64Encoded: $0) }),
                let oin = answer["report"]?["partner"]?["oin"]?.text.flatMap({ OIN($0) })
            else { throw NodeError(.answerInvalid, "the node's answer has no signed report") }
            try NodeFolder.write(Array(signed), to: isOne ? out : "\(out)/\(oin).cms")
        }
    }

    // MARK: Showing

    private func show(_ answer: JSONValue) {
        guard let report = answer["report"] else { return }
        let name = text(report["partner"], "name")
        print("\(name), \(text(report["partner"], "oin")): \(text(report, "verdict").uppercased())".escapingControls())
        print("  \(text(report, "summary"))".escapingControls())
        for row in [
            heard(report), channel("we sent", report["outgoing"], there: name),
            channel("they sent", report["incoming"], there: "here"), recovering(report, name),
        ] {
            if let row { print("  \(row)".escapingControls()) }
        }
        for alarm in report["alarms"]?.elements ?? [] {
            let line = "alarm \(text(alarm, "code")) since \(text(alarm, "since")): \(text(alarm, "detail"))"
            print("  \(line)".escapingControls())
        }
        let items = ["outgoing", "incoming"].flatMap { side in
            (report[side]?["items"]?.elements ?? []).map { (side: side, item: $0) }
        }
        if !items.isEmpty { print(table(items.prefix(Self.shownMaximumItems))) }
        if items.count > Self.shownMaximumItems {
            print("  and \(items.count - Self.shownMaximumItems) more: --json shows all")
        }
        print("  signed: \(text(answer, "file"))".escapingControls())
        print("")
    }

    /// Of what was accepted here alone, no partner's books say anything.
    private func showOwnLoss() async throws {
        for alarm in try await client.get("/v1/alarms").elements
        where alarm["code"]?.text == AlarmCode.storePutBack.rawValue {
            let line = "alarm \(text(alarm, "code")) since \(text(alarm, "at")): \(text(alarm, "detail"))"
            print(line.escapingControls())
        }
    }

    private func table(_ rows: some Sequence<(side: String, item: JSONValue)>) -> String {
        var table = TextTable([
            "  CHANNEL", "NO", "STATE", "SINCE", "TYPE", "PRIORITY", "WHAT IS DONE", "WHY", "MESSAGE",
        ])
        for (side, item) in rows {
            let (first, last) = (item["first"]?.number ?? 0, item["last"]?.number ?? 0)
            table.add([
                side == "outgoing" ? "  we sent" : "  they sent", first == last ? "\(first)" : "\(first)-\(last)",
                text(item, "state"), dashed(text(item, "since")), dashed(text(item, "type")),
                dashed(text(item, "priority")), text(item, "action"), dashed(text(item, "why")),
                dashed(text(item, "message")),
            ])
        }
        return table.text
    }

    private func heard(_ report: JSONValue) -> String? {
        let heard = report["heard"]
        if heard?["now"]?.flag == true { return "heard now, under incarnation \(text(heard, "incarnation"))" }
        let problem = text(heard, "problem")
        guard let age = heard?["ageSeconds"]?.number else { return "never heard (\(problem))" }
        return "NOT heard now (\(problem)); its last account is \(age) seconds old, of \(text(heard, "at"))"
    }

    private func channel(_ words: String, _ channel: JSONValue?, there: String) -> String? {
        let agreed = channel?["agreedUpTo"]?.number.map { "both have the same list up to \($0)" }
        let comparison = agreed ?? "nothing is agreed (\(text(channel, "comparison")))"
        func number(_ name: String) -> String { channel?[name]?.number.map(String.init) ?? "?" }
        let place = there == "here" ? there : "at \(there)"
        return "\(words): \(number("issued")) issued, \(number("received")) received \(place); \(comparison)"
    }

    private func recovering(_ report: JSONValue, _ name: String) -> String? {
        guard let until = report["recovering"]?["until"]?.number, let from = report["recovering"]?["from"]?.number
        else {
            return report["heard"]?["recovering"]?.flag == true
                ? "\(name) is getting back what it had lost of its channel to this node" : nil
        }
        return "this node is getting back from \(name) what it had lost: it has up to \(from) of \(until)"
    }

    // MARK: The end

    private func conclude(_ reports: [JSONValue]) throws(NodeError) {
        func names(_ verdicts: PairVerdict...) -> String {
            reports.filter { report in verdicts.contains { $0.rawValue == report["verdict"]?.text } }
                .map { text($0["partner"], "name") }.joined(separator: ", ")
        }
        let (person, open, agreed) = (names(.person), names(.open, .unconfirmed), names(.agreed))
        let advice = "; the lines above say what is missing and what is done about it"
        guard person.isEmpty else {
            let rest = open.isEmpty ? "" : "; not agreed yet with \(open)"
            throw NodeError(.booksNeedPerson, "with \(person) somebody must decide\(rest)\(advice)")
        }
        guard open.isEmpty else { throw NodeError(.booksNotAgreed, "the books are not agreed with \(open)\(advice)") }
        if !printsJSON { print("All books agree: \(agreed).".escapingControls()) }
    }

    private func text(_ value: JSONValue?, _ name: String) -> String { value?[name]?.text ?? "" }
    private func dashed(_ text: String) -> String { text.isEmpty ? "-" : text }

    private func line(_ value: JSONValue) {
        guard case .object(let object) = value else { preconditionFailure("the node answers with an object") }
        ConsoleLine.print(object)
    }
}
