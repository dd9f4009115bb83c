package import ExchangeCore

/// Chooses what is due for one partner: the most pressing priority is emptied before the next.
///
/// Each priority has five sources, and of each only as many are looked at as are chosen, however many wait.
package struct DueSelection: Sendable {
    package enum Source: CaseIterable, Sendable {
        /// Never put off, by number.
        case waiting
        /// Put off until a time that has come, longest due first.
        case deferred
        /// Put off until a time that no wait reaches: the clock was set back.
        case strayed
        /// Answered, and lost by the partner: sent again.
        case again
        /// The same, put off until a time that no wait reaches.
        case againStrayed

        package var isAgain: Bool { self == .again || self == .againStrayed }
    }

    /// A delivery that is due.
    package struct Candidate: Sendable {
        package let number: Int64
        /// Of its envelope, where that travels.
        package let bytes: Int

        package init(number: Int64, bytes: Int) {
            self.number = number
            self.bytes = bytes
        }
    }

    /// The next attempt, in milliseconds, of a delivery that waits until the channel to its partner is got back: no time.
    package static let afterRecovery = Int64.max

    package let maximumItems: Int
    package let maximumBytes: Int

    package init(maximumItems: Int, maximumBytes: Int) {
        self.maximumItems = maximumItems
        self.maximumBytes = maximumBytes
    }

    /// The item that does not fit ends the batch; the first always fits, so that no message is too large to be sent.
    ///
    /// - Parameter candidates: the first of one source of one priority, in the order of the source.
    package func numbers(
        _ candidates: (_ source: Source, _ priority: Priority, _ atMost: Int) throws -> [Candidate]
    ) rethrows -> [Int64] {
        var numbers: [Int64] = []
        var bytes = 0
        for priority in Priority.allCases.sorted(by: >) where numbers.count < maximumItems {
            let count = maximumItems - numbers.count
            let new = try Source.allCases.filter { !$0.isAgain }.flatMap { try candidates($0, priority, count) }
                .sorted { $0.number < $1.number }
            // After what is new: a partner that has lost a long list gets it back beside that, and not before it.
            let again = try Source.allCases.filter(\.isAgain).flatMap { try candidates($0, priority, count) }
            for candidate in (new + again).prefix(count) {
                guard numbers.isEmpty || bytes + candidate.bytes <= maximumBytes else { return numbers }
                numbers.append(candidate.number)
                bytes += candidate.bytes
            }
        }
        return numbers
    }
}

extension DueDelivery {
    /// What travels under a number that is due.
    ///
    /// - Parameters:
    ///   - isRefilled: whether it is sent again, because the partner has lost its answer. Where its content is not here any
    ///     more, its number is declared void instead.
    ///   - isPurged: whether its content went by retention.
    /// - Throws: `invariant-violated` for a number that has its answer, and is not sent again.
    package init(
        item: ChannelItem, transport: TransportState, isRefilled: Bool, isPurged: Bool, declaredReason: String,
        caseReference: CaseReference, envelope: StoredEnvelope
    ) throws(StoreError) {
        let kind: ItemKind
        switch transport {
        case .open: kind = .message
        case .held: kind = .held
        case .withdrawn: kind = .void
        case .receipted, .refused:
            guard isRefilled else { throw .invariant("number \(item.number) has its answer and is due") }
            kind = envelope.isAbsent ? .void : .again
        }
        let reason =
            isPurged
            ? Retention.purgedReason : declaredReason.isEmpty ? ChannelRecovery.lostReason : declaredReason
        self.init(
            item: item, kind: kind, reason: kind.hasEnvelope ? "" : reason, caseReference: caseReference,
            envelope: envelope)
    }
}
