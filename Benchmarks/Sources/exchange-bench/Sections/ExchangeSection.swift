@_spi(Measuring) import ExchangeTesting
import Foundation

extension Bench {
    /// Two nodes: the rate beside its ceiling, how long a receipt takes, and what a message costs.
    func measureExchange(into report: inout Report, _ name: String, usesRSA: Bool) async throws {
        let roles = Self.roles(recipients: 1)
        say("\(name): the ceiling, all cryptography of a message without nodes")
        let operations = try operations(roles, usesRSA: usesRSA)
        let start = ProcessFigures.own
        let before = try await operations.rate(for: plan.ceiling)
        let cryptography = (ProcessFigures.own.processorTime - start.processorTime) / Double(before.messages)
        report.add(name, "signed content", Double(operations.contentBytes), "bytes")
        report.add(name, "envelope on its way", Double(try operations.envelopeBytes), "bytes")
        report.add(name, "ceiling before", before.perSecond, "messages/s")

        say("\(name): two nodes")
        let rate = try await LocalExchange.measure(roles: roles, usesRSA: usesRSA) { exchange in
            try await measure(exchange, into: &report, name, cryptography: cryptography, usesRSA: usesRSA)
        }

        let after = try await operations.rate(for: plan.ceiling)
        report.add(name, "ceiling after", after.perSecond, "messages/s")
        report.add(
            name, "share of the ceiling", rate / ((before.perSecond + after.perSecond) / 2) * 100, "%",
            usesRSA ? nil : .atLeast(70))
    }

    /// - Parameter cryptography: the processor time that the operations of one message take by themselves.
    /// - Returns: messages a second.
    private func measure(
        _ exchange: LocalExchange, into report: inout Report, _ name: String, cryptography: Duration, usesRSA: Bool
    ) async throws -> Double {
        let (sender, recipient) = (exchange.nodes[0], exchange.nodes[1])
        let load = Load(from: sender, to: [recipient], notices: notices, name: name)
        let emptyBytes = sender.storeBytes + recipient.storeBytes

        let begin = try await (ProcessFigures(of: sender), ProcessFigures(of: recipient), ProcessFigures.own)
        let outcome = try await load.submit(for: usesRSA ? plan.submittingShort : plan.submitting)
        let end = try await (ProcessFigures(of: sender), ProcessFigures(of: recipient), ProcessFigures.own)
        report.add(name, "receipted", outcome.rate, "messages/s")
        report.add(name, "still open at the last submission", Double(outcome.backlog), "messages")
        func microseconds(_ span: Duration) -> Double { span / .microseconds(1) / Double(outcome.messages) }
        let (sending, receiving) = (
            end.0.processorTime - begin.0.processorTime, end.1.processorTime - begin.1.processorTime
        )
        report.add(name, "processor time, sender", microseconds(sending), "µs/message")
        report.add(name, "processor time, recipient", microseconds(receiving), "µs/message")
        report.add(
            name, "of it cryptography", cryptography * Double(outcome.messages) / (sending + receiving) * 100, "%")
        report.add(
            name, "processor time, measuring", microseconds(end.2.processorTime - begin.2.processorTime), "µs/message")

        // RSA takes several times as long: fewer messages, and percentiles of fewer.
        let share = usesRSA ? 4 : 1
        let single = try await load.exchange(plan.messagesOneAtATime / share, atOnce: 1)
        let goal = usesRSA ? nil : Figure.Goal.under(15)
        report.add(name, "receipt, one at a time, p50", single.latencies.milliseconds(percentile: 50), "ms")
        report.add(name, "receipt, one at a time, p99", single.latencies.milliseconds(percentile: 99), "ms", goal)
        let many = try await load.exchange(plan.messagesInFlight / share, atOnce: Plan.inFlight)
        report.add(name, "receipt, 64 in flight, p50", many.latencies.milliseconds(percentile: 50), "ms")
        report.add(name, "receipt, 64 in flight, p99", many.latencies.milliseconds(percentile: 99), "ms")
        report.add(name, "receipted, 64 in flight", many.outcome.rate, "messages/s")

        for (place, node) in [("sender", sender), ("recipient", recipient)] {
            let resident = try await ProcessFigures(of: node).residentMaximumBytes
            report.add(name, "resident, \(place)", Double(resident) / 1e6, "MB")
        }
        try await sender.stop()
        try await recipient.stop()
        let messages = single.outcome.messages + many.outcome.messages + outcome.messages
        let bytes = Double(sender.storeBytes + recipient.storeBytes - emptyBytes) / Double(messages)
        report.add(name, "on disk, both nodes", bytes, "bytes/message")
        return outcome.rate
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
