package import ExchangeCore

/// What is expected after a message: of whom, and in how long. That it has not come is seen at both ends, and nothing ends by
/// silence.
package struct ExpectedMessage: Equatable, Sendable {
    package enum Bearer: Hashable, Sendable {
        /// Each organisation that was told.
        case eachRecipient
        /// Whoever was told in this role, or sent it.
        case role(Role)
        /// The sender of the message that is answered, such as the holder of the statement that is asked for.
        case senderOfAnsweredMessage
    }

    /// The code of the type that is expected.
    package let code: String
    package let bearer: Bearer
    /// After the message was received; `nil` where the clock of its priority counts.
    package let within: Milliseconds?
    /// The member of the body that names the moment by which it is due, or the day at the end of which it is; but not later
    /// than ``within`` after the message was made. `nil` where no member does.
    package let dueMember: String?
    /// How much it presses once it is due; `nil` where that is as much as the message.
    package let pressing: Priority?
    /// The codes of types after which it is expected no more, whoever sends them, beside those that close the message.
    package let until: [String]
    /// Whether a later message of the same type by the same sender takes the place of the one that asks; another sender's does
    /// not.
    package let isReplaceable: Bool
    /// The code of what is drafted where it is late, by whoever may send that and is told of this.
    package let drafts: String?
    /// Holds where it is expected; `nil` for always.
    package let condition: Rule.Condition?

    package init(
        _ code: String, of bearer: Bearer, within: Milliseconds? = nil, by dueMember: String? = nil,
        pressing: Priority? = nil, until: [String] = [], isReplaceable: Bool = false, drafts: String? = nil,
        when condition: Rule.Condition? = nil
    ) {
        self.code = code
        self.bearer = bearer
        self.within = within
        self.dueMember = dueMember
        self.pressing = pressing
        self.until = until
        self.isReplaceable = isReplaceable
        self.drafts = drafts
        self.condition = condition
    }

    /// Whether a message asks for it only where its content, or what it answers, says so.
    package var isConditional: Bool { condition != nil || bearer == .senderOfAnsweredMessage }

    /// Whether what a recipient did with the message (L3) is the answer too: where each is asked what it does with it. That a
    /// child arrived, and an alert is drafted where it did not, is a fact that no outcome stands for.
    package var isGivenByOutcome: Bool { bearer == .eachRecipient && drafts == nil }
}
