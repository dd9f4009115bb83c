package import ExchangeCatalogue
package import ExchangeCore

/// What `exchange-node check` found of one thing, in plain words: what is so, and where it is not right what to do.
package struct Finding: Hashable, Sendable {
    package enum Grade: String, CaseIterable, Hashable, Sendable {
        case ok
        /// It goes on as it is, and somebody should look at it.
        case warning
        /// Signals do not get through, or will not, until a person acts.
        case wrong
    }

    package let item: String
    package let grade: Grade
    package let text: String
    /// Whom it is about, where it is a partner: what is wrong there is not mended here.
    package let partner: OIN?
    /// How long a partner's receipt took.
    package let milliseconds: Int64?

    package init(_ item: String, _ grade: Grade, _ text: String, partner: OIN? = nil, milliseconds: Int64? = nil) {
        self.item = item
        self.grade = grade
        self.text = text
        self.partner = partner
        self.milliseconds = milliseconds
    }

    init(_ item: String, _ error: NodeError, partner: OIN? = nil) {
        self.init(item, .wrong, "\(error.message)" + (error.cause.map { " (\($0))" } ?? ""), partner: partner)
    }

    /// For scripts.
    package var json: JSONObject {
        var object = JSONObject()
        object["item"] = .string(item)
        object["grade"] = .string(grade.rawValue)
        object["text"] = .string(text)
        object["partner"] = partner.map { .string($0.text) }
        object["milliseconds"] = milliseconds.map { .integer($0) }
        return object
    }
}

/// A span in words: of its largest unit, rounded down.
func inWords(_ span: Milliseconds) -> String {
    let minutes = span.count / 60_000
    let (number, unit) =
        minutes >= 2880 ? (minutes / 1440, "days") : minutes >= 120 ? (minutes / 60, "hours") : (minutes, "minutes")
    return "\(number) \(unit)"
}
