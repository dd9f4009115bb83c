import ExchangeTesting
import Testing

@Test func `a signal of the police is in the guardian's inbox`() async throws {
    try await LocalExchange.run(nodes: 3) { exchange in
        let signal = try await exchange["avim"].send(.signal(to: "guardian"))
        try await exchange.wait(for: .receipted, of: signal, by: "nidos")
        try await exchange["nidos"].waitForInbox(signal)
    }
}
