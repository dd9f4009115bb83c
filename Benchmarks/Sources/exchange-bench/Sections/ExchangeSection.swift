@_spi(Measuring) import ExchangeTesting
import Foundation

extension Bench {
    /// Two nodes: the rate beside its ceiling, how long a receipt takes, and what a message costs.
    func measureExchange(into report: inout Report, _ name: String, usesRSA: Bool) async throws {
        let roles = Self.roles(recipients: 1)
        say("\(name): the ceiling, all cryptography of a message without nodes")
        let operations = try operations(roles, usesRSA: usesRSA)
        let before = try await operations.rate(for: plan.ceiling)
        report.add(name, "signed content", Double(operations.contentBytes), "bytes")
        report.add(name, "envelope on its way", Double(try operations.envelopeBytes), "bytes")
        report.add(name, "ceiling before", before, "messages/s")

        say("\(name): two nodes")
        let goal = usesRSA ? nil : Figure.Goal.under(15)
        let rate = try await LocalExchange.measure(roles: roles, usesRSA: usesRSA) { exchange in
            let (sender, recipient) = (exchange.nodes[0], exchange.nodes[1])
            let load = Load(from: sender, to: [recipient], notices: notices, name: name)
            let emptyBytes = sender.storeBytes + recipient.storeBytes

            let single = try await load.exchange(plan.messagesOneAtATime, atOnce: 1)
            report.add(name, "receipt, one at a time, p50", single.latencies.milliseconds(percentile: 50), "ms")
            report.add(name, "receipt, one at a time, p99", single.latencies.milliseconds(percentile: 99), "ms", goal)
            let many = try await load.exchange(plan.messagesInFlight, atOnce: Plan.inFlight)
            report.add(name, "receipt, 64 in flight, p50", many.latencies.milliseconds(percentile: 50), "ms")
            report.add(name, "receipt, 64 in flight, p99", many.latencies.milliseconds(percentile: 99), "ms")
            report.add(name, "64 in flight", many.outcome.rate, "messages/s")

            let begin = try await (ProcessFigures(of: sender), ProcessFigures(of: recipient))
            let outcome = try await load.submit(for: usesRSA ? plan.submittingShort : plan.submitting)
            let end = try await (ProcessFigures(of: sender), ProcessFigures(of: recipient))
            report.add(name, "receipted", outcome.rate, "messages/s")
            func microseconds(_ first: ProcessFigures, _ last: ProcessFigures) -> Double {
                (last.processorTime - first.processorTime) / .microseconds(1) / Double(outcome.messages)
            }
            report.add(name, "processor time, sender", microseconds(begin.0, end.0), "µs/message")
            report.add(name, "processor time, recipient", microseconds(begin.1, end.1), "µs/message")
            report.add(name, "resident, sender", Double(end.0.residentMaximumBytes) / 1e6, "MB")
            report.add(name, "resident, recipient", Double(end.1.residentMaximumBytes) / 1e6, "MB")

            try await sender.stop()
            try await recipient.stop()
            let messages = single.outcome.messages + many.outcome.messages + outcome.messages
            let bytes = Double(sender.storeBytes + recipient.storeBytes - emptyBytes) / Double(messages)
            report.add(name, "on disk, both nodes", bytes, "bytes/message")
            return outcome.rate
        }

        let after = try await operations.rate(for: plan.ceiling)
        report.add(name, "ceiling after", after, "messages/s")
        report.add(
            name, "share of the ceiling", rate / ((before + after) / 2) * 100, "%", usesRSA ? nil : .atLeast(70))
    }

    func operations(_ roles: [String], usesRSA: Bool = false) throws -> MessageOperations {
        // Organisations are named as those of an exchange with these roles: what is signed has the same length.
        let parties = roles.indices.dropFirst().map { index in
            (oin: "00000099" + String(repeating: "0", count: 8) + "\(index + 1)000", role: roles[index])
        }
        return try MessageOperations(
            roles: roles, usesRSA: usesRSA,
            submissions: (0..<min(notices.count, 1000)).map { notices.submission($0, to: parties) })
    }
}
