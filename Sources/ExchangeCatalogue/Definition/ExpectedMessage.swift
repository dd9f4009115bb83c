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
    /// Holds where it is expected; `nil` for always.
    package let condition: Rule.Condition?

    package init(
        _ code: String, of bearer: Bearer, within: Milliseconds? = nil, when condition: Rule.Condition? = nil
    ) {
        self.code = code
        self.bearer = bearer
        self.within = within
        self.condition = condition
    }
}
