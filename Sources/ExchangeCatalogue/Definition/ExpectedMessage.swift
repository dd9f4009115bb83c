package import ExchangeCore

/// What is expected after a message: of whom, and in how long. That it has not come is seen at both ends, and nothing ends by
/// silence.
package struct ExpectedMessage: Hashable, Sendable {
    package enum Bearer: Hashable, Sendable {
        /// Each organisation that was told.
        case eachRecipient
        /// Whoever was told in this role, or sent it.
        case role(Role)
    }

    /// The code of the type that is expected.
    package let code: String
    package let bearer: Bearer
    /// After the message was received; `nil` where the clock of its priority counts.
    package let within: Milliseconds?

    package init(_ code: String, of bearer: Bearer, within: Milliseconds? = nil) {
        self.code = code
        self.bearer = bearer
        self.within = within
    }
}
