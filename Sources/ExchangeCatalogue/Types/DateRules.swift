import ExchangeCore

/// Rules between two days of a body. A JSON Schema cannot compare them.
extension Rule {
    /// A period does not end before it starts.
    static func endsAfterItStarts(_ start: String = "start", _ end: String = "end") -> Rule {
        Rule(
            "ends-after-it-starts", "a period does not end before it starts",
            .check { (content, rule) throws(ContentError) in
                guard let first = content.day(start), let last = content.day(end), last < first else { return }
                throw rule.violation(at: FieldPath("body").member(end), "use \(first) or later")
            })
    }
}
