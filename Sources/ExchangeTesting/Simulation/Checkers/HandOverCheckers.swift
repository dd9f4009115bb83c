import ExchangeCore

/// A total queue in Jepsen's sense: what was receipted is handed over once, what nobody sent is never, and what was
/// confirmed is not handed over again.
package struct HandOverQueue: Checker {
    package static let name = "handed over: nothing lost, unexpected or twice"
    package init() {}

    package func objections(to history: History) -> [String] {
        history.ends.enumerated().flatMap { seat, end -> [String] in
            guard let end else { return [] }
            let given = history.handOvers.filter { $0.seat == seat }
            return lost(seat, end, given, history) + unexpected(seat, given, history)
                + (history.hasLost(seat) ? [] : repeated(seat, given))
        }
    }

    /// Of a node that was healed, all that is in its inbox was given to its agency.
    private func lost(_ seat: Int, _ end: DiskAtEnd, _ given: [History.HandOver], _ history: History) -> [String] {
        guard end.isHealed else { return [] }
        let known = Set(given.map(\.message))
        let isReceipted = Set(
            end.incoming.values.flatMap { $0.filter { $0.answer == .receipt }.map(\.item.messageID) })
        let expected = history.submissions.filter { $0.recipients.contains(seat) }.compactMap { submission in
            submission.answers.first.map { (submission.key, $0) }
        }
        return expected.filter { isReceipted.contains($0.1) && !known.contains($0.1) }
            .map { "\($0.0) was receipted by n\(seat) and never handed over" }
    }

    private func unexpected(_ seat: Int, _ given: [History.HandOver], _ history: History) -> [String] {
        given.compactMap { handOver in
            if history.twins.contains(where: { $0.message == handOver.message && $0.recipient == seat }) { return nil }
            // Of who signs what it likes, nobody knows what it meant to send.
            guard let there = history.end(of: handOver.sender), history.canKnow(handOver.sender, seat) else {
                return nil
            }
            let row = there.outgoing[seat]?.first { $0.item.messageID == handOver.message }
            guard let row else { return "n\(seat) was handed a message that n\(handOver.sender) never addressed to it" }
            return row.item.messageDigest == handOver.digest
                ? nil : "n\(seat) was handed number \(row.item.number) of n\(handOver.sender) in other words"
        }
    }

    /// The agency tells by the id what it has, so that once more before it confirmed is no second time.
    private func repeated(_ seat: Int, _ given: [History.HandOver]) -> [String] {
        var digests: [MessageID: Digest] = [:]
        return given.flatMap { handOver -> [String] in
            let known = digests[handOver.message]
            digests[handOver.message] = handOver.digest
            return (handOver.wasConfirmed ? ["n\(seat) was handed again what its agency had confirmed"] : [])
                + (known != nil && known != handOver.digest ? ["n\(seat) was handed one id with two contents"] : [])
        }
    }
}

/// Messages of one case, sender and recipient are handed over in the order in which the sender's agency submitted them,
/// but for what bears the flag that its predecessor is missing. Where both are there, the one that presses more may come
/// first; and so may one whose wait for the other had run out when that came, which no rule from outside can tell.
package struct OrderOfACase: Checker {
    package static let name = "a case is handed over in its order"
    package init() {}

    private struct Case: Hashable {
        let seat: Int
        let number: Int
    }

    /// When a message was handed over for the first time, and how.
    private typealias First = (place: Int, handOver: History.HandOver)

    package func objections(to history: History) -> [String] {
        var first: [Int: [MessageID: First]] = [:]
        for (place, handOver) in history.handOvers.enumerated()
        where first[handOver.seat]?[handOver.message] == nil {
            first[handOver.seat, default: [:]][handOver.message] = (place, handOver)
        }
        let cases = Dictionary(grouping: history.submissions.filter { !history.isInDoubt($0.seat) }) {
            Case(seat: $0.seat, number: $0.caseNumber)
        }
        return cases.values.flatMap { submissions in
            (0..<history.ends.count).filter { !history.hasLost($0) }.flatMap { recipient in
                objections(
                    to: submissions.filter { $0.recipients.contains(recipient) && !$0.answers.isEmpty },
                    at: recipient, given: first[recipient] ?? [:], in: history)
            }
        }.sorted()
    }

    /// Each is held against the one right before it alone: where that one is late, only this one is flagged.
    private func objections(
        to submissions: [History.Submission], at recipient: Int, given: [MessageID: First],
        in history: History
    ) -> [String] {
        // The sender's disk has the order in which they were accepted.
        let rows = submissions.first.flatMap { history.end(of: $0.seat)?.outgoing[recipient] } ?? []
        let numbers = Dictionary(rows.map { ($0.item.messageID, $0.item.number) }, uniquingKeysWith: { $1 })
        let accepted = submissions.compactMap { submission -> (History.Submission, MessageID, SequenceNumber)? in
            guard let id = submission.answers.first, let number = numbers[id] else { return nil }
            return (submission, id, number)
        }.sorted { $0.2 < $1.2 }
        let ordinals = history.end(of: recipient)?.ordinals ?? [:]
        return zip(accepted, accepted.dropFirst()).compactMap { before, after in
            guard let later = given[after.1], let earlier = given[before.1], earlier.place > later.place,
                !later.handOver.isFlagged
            else { return nil }
            let (arrival, arrivalAfter) = (ordinals[before.1] ?? 0, ordinals[after.1] ?? 0)
            if arrival <= later.handOver.messagesOnDisk {
                if after.0.priority > before.0.priority || arrivalAfter < arrival { return nil }
            }
            return "n\(recipient) was handed \(after.0.key) before \(before.0.key), without a flag"
        }
    }
}
