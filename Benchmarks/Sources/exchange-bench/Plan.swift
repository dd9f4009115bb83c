/// How much is measured. A full run takes about five minutes on two processors.
struct Plan: Sendable {
    /// Each of the two measurements of a ceiling, before and after the exchange.
    let ceiling: Duration
    /// How long submissions are handed in for a rate; what they come to is waited for.
    let submitting: Duration
    /// For what is slower: RSA, and each fan-out.
    let submittingShort: Duration
    let messagesOneAtATime: Int
    let messagesInFlight: Int
    let queued: Int

    static let full = Plan(
        ceiling: .seconds(4), submitting: .seconds(10), submittingShort: .seconds(6), messagesOneAtATime: 1000,
        messagesInFlight: 8000, queued: 1_000_000)
    static let quick = Plan(
        ceiling: .milliseconds(500), submitting: .seconds(1), submittingShort: .seconds(1), messagesOneAtATime: 50,
        messagesInFlight: 320, queued: 20_000)

    /// How many submissions are under way at once where receipts are not waited for.
    static let submitters = 32
    static let inFlight = 64
    /// How long what was submitted may take to be receipted.
    static let settlingMaximum = Duration.seconds(300)
}
