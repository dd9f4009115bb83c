import ExchangeCore
import ExchangeTesting

/// What follows where nodes have lost what they had: they get it back, agencies hand in again what nobody has, and everybody
/// is told.
struct Aftermath: Sendable {
    private static let confirmationMaximum = Milliseconds.seconds(30)

    let community: ExampleCommunity
    let agencies: [Agency]
    let ledger: ChaosLedger
    /// How long everything may take to come to rest.
    let span: Milliseconds

    /// Returns when every pair agrees, nothing is left to be handed over or confirmed, and what agencies were told is secured.
    func settle(_ verdict: inout Verdict) async throws {
        if ledger.lossCount > 0 {
            // What comes back has come back when every pair agrees; what has not is handed in again.
            try await settlePairs(&verdict)
            for agency in agencies { try await verdict.collect { try await agency.secure() } }
        }
        ledger.close()
        try await verdict.collect { try await ledger.waitForAll(within: span) }
        for agency in agencies {
            try await verdict.collect { try await agency.waitUntilConfirmed(within: Self.confirmationMaximum) }
        }
        try await settlePairs(&verdict)
    }

    private func settlePairs(_ verdict: inout Verdict) async throws {
        // Where something has failed already, the rest is not waited for as long.
        let span = verdict.isGood ? span : min(span, .seconds(10))
        try await verdict.collect { try await Settlement(community: community).settle(within: span) }
            .map { verdict.add($0) }
    }
}
