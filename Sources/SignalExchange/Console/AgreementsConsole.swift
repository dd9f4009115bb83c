import ExchangeCatalogue
import ExchangeCore

/// What a directory's agreements look like in a terminal.
enum AgreementsConsole {
    static func lines(_ agreements: Agreements) -> [String] {
        var lines: [String] = []
        if agreements.routing.isEmpty {
            lines.append("No routing rules: who must be told of what is as the catalogue has it.")
        } else {
            var table = TextTable(["RULE", "TYPE", "FROM", "WHERE", "MUST BE TOLD", "MAY BE TOLD", "GROUND"])
            for (index, rule) in agreements.routing.enumerated() {
                table.add([
                    String(index + 1), rule.code, rule.senderRole?.rawValue ?? "any",
                    rule.facts.isEmpty ? "always" : rule.facts.map(\.inWords).joined(separator: ", and "),
                    words(rule.mustTell), words(rule.mayTell), rule.ground,
                ])
            }
            lines += [table.text]
        }
        let policy = AgreedTerm.allCases.compactMap { term in agreements.terms[term].map { "\(term.rawValue) \($0)" } }
        let clocks = ClockKey.allCases.compactMap { key in
            agreements.clocks[key].map { clock in
                if case .term(let term) = clock { "\(key.text) \(term.text)" } else { "\(key.text) none" }
            }
        }
        let agreed = policy + clocks
        return lines + [
            agreed.isEmpty
                ? "No policy: terms and clocks are the defaults." : "Policy: " + agreed.joined(separator: ", ") + ".",
            agreements.calendar.map { "Calendar: \($0.summary)." }
                ?? "No calendar: each node counts working days by its own.",
        ]
    }

    private static func words(_ roles: [Role]) -> String {
        roles.isEmpty ? "-" : roles.map(\.rawValue).joined(separator: ", ")
    }
}
