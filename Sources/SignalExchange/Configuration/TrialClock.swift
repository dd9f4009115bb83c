package import ExchangeCore

/// A wall clock that is ahead of the machine's by a fixed span, for trials in which weeks pass between two starts.
///
/// What a node signs under it is signed at a time that is not so. It is therefore for test organisations only; and since a
/// directory has either these or others, and must have this node, no real partner is ever told such a time.
package struct TrialClock: Hashable, Sendable {
    /// A child that arrives at eight comes of age within it.
    package static let aheadMaximum = Milliseconds.hours(24 * 3650)

    package let ahead: Milliseconds
    /// As it was written, such as `21d`.
    package let text: String

    /// Reads `30s`, `90m`, `4h` or `21d`; `nil` for anything else, for nothing at all and for more than ``aheadMaximum``.
    package init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), (1...Self.aheadMaximum.count / 1000).contains(count) else { return nil }
        let unit = text.dropFirst(digits.count)
        let span = unit == "d" ? .hours(24 * count) : Milliseconds(count, unit: unit)
        guard let span, span <= Self.aheadMaximum else { return nil }
        ahead = span
        self.text = text
    }

    /// - Throws: ``NodeError`` `trial-clock-refused` for an organisation that is no test organisation.
    package func demandTest(of organisation: OIN) throws(NodeError) {
        guard organisation.isTest else {
            throw NodeError(
                .trialClockRefused,
                "`trial.clockAhead` is set, and \(organisation) is no test organisation (00000099…): take it out of "
                    + "node.yaml, and EXCHANGE_NODE_TRIAL_CLOCK_AHEAD out of the environment")
        }
    }

    /// For the log and `check`.
    package var warning: String {
        "this node's clock is set ahead of the machine's by \(text) (`trial.clockAhead`), for a trial: what it signs now is "
            + "signed at that time. The times in the log are the machine's. Take the key out to end it"
    }
}

extension NodeConfiguration {
    /// What the node, and its commands that speak of now, read their time from.
    package var clock: NodeClock { NodeClock(ahead: trialClock?.ahead ?? .zero) }
    /// The node's wall clock.
    package var now: Timestamp { clock.now.wall }
}
