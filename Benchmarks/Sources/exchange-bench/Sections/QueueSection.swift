@_spi(Measuring) import ExchangeTesting
import Foundation

extension Bench {
    /// What a partner that has been dead for long costs those that live.
    func measureQueue(into report: inout Report) async throws {
        let name = "queue"
        say("queue: two nodes and a dead third, nothing queued")
        try await LocalExchange.measure(roles: Self.roles(recipients: 2)) { exchange in
            let (sender, partner, dead) = (exchange.nodes[0], exchange.nodes[1], exchange.nodes[2])
            try await dead.kill()
            let without = try await Load(from: sender, to: [partner], notices: notices, name: "without")
                .submit(for: plan.submitting)
            report.add(name, "receipted with nothing queued", without.rate, "messages/s")

            try await sender.stop()
            say("queue: filling it with \(plan.queued) deliveries")
            let clock = ContinuousClock()
            let filling = clock.now
            try sender.fillQueue(for: dead, count: plan.queued) { count in
                if count.isMultiple(of: 250_000) { tell("  \(count) after \(clock.now - filling)") }
            }
            report.add(name, "filled in", (clock.now - filling) / .seconds(1), "s")
            report.add(name, "store", Double(sender.storeBytes) / 1e9, "GB")

            let starting = clock.now
            try await sender.start()
            report.add(name, "start-up", (clock.now - starting) / .seconds(1), "s", .under(2))
            let with = try await Load(from: sender, to: [partner], notices: notices, name: "with")
                .submit(for: plan.submitting)
            let resident = try await ProcessFigures(of: sender).residentMaximumBytes
            report.add(name, "queued", Double(plan.queued), "deliveries")
            report.add(name, "receipted with that queued", with.rate, "messages/s")
            report.add(name, "of the rate without", with.rate / without.rate * 100, "%", .atLeast(90))
            report.add(name, "resident, sender", Double(resident) / 1e6, "MB", .under(200))
        }
    }
}
