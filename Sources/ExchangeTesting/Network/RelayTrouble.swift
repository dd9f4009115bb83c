package import ExchangeCore

/// What a relay does to what it carries, beside closing it. The network of the machine stays as it is.
///
/// Packets that are lost make TCP wait and send again, so that a program never sees a loss: it sees slowness, and silence
/// in one direction or in both. That is what is made here.
package enum RelayTrouble: Hashable, Sendable {
    /// What comes from one side waits until the relay is mended; connections stay open.
    case held(Side)
    /// Each piece waits for this long before the next is taken.
    case slowed(Milliseconds)
    /// The first connection that carries so many bytes of one side from now on is closed there, both ways: as a rule in
    /// the middle of a body. Others go on.
    case severed(Side, afterBytes: Int)

    /// Whose bytes.
    package enum Side: Hashable, CaseIterable, Sendable {
        /// Requests.
        case caller
        /// Answers.
        case called
    }
}

/// What a relay has really done to those who use it, since it listens.
package struct RelayCounts: Hashable, Sendable {
    /// Connections that were open when it was cut.
    package var closed = 0
    /// Connections that came while it was cut.
    package var turnedAway = 0
    /// Pieces that had to wait until it was mended.
    package var held = 0
    /// Pieces that were put off.
    package var slowed = 0
    /// Connections that were closed in the middle of what they carried.
    package var severed = 0

    package init() {}

    /// All of them.
    package var total: Int { closed + turnedAway + held + slowed + severed }

    static func + (one: Self, other: Self) -> Self {
        var sum = one
        sum.closed += other.closed
        sum.turnedAway += other.turnedAway
        sum.held += other.held
        sum.slowed += other.slowed
        sum.severed += other.severed
        return sum
    }
}
