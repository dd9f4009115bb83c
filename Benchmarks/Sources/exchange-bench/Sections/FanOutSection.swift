@_spi(Measuring) import ExchangeTesting

extension Bench {
    /// One message to several recipients: signed once, encrypted once, delivered to each.
    func measureFanOut(into report: inout Report) async throws {
        for count in [1, 3, 8] {
            let (name, roles) = ("fan-out to \(count)", Self.roles(recipients: count))
            say(name)
            let ceiling = try await operations(roles).rate(for: plan.ceiling / 2).perSecond
            let outcome = try await LocalExchange.measure(roles: roles) { exchange in
                let load = Load(
                    from: exchange.nodes[0], to: Array(exchange.nodes.dropFirst()), notices: notices, name: "fan")
                return try await load.submit(for: plan.submittingShort)
            }
            report.add(name, "ceiling", ceiling, "messages/s")
            report.add(name, "receipted by all", outcome.rate, "messages/s")
            report.add(name, "deliveries", outcome.rate * Double(count), "1/s")
            report.add(name, "share of the ceiling", outcome.rate / ceiling * 100, "%")
        }
    }
}
