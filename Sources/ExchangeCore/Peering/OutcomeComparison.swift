/// One number of a partner's channel, and what this node answered to it.
package struct AnsweredNumber: Hashable, Sendable {
    package let number: SequenceNumber
    package let kind: AnsweredKind

    package init(number: SequenceNumber, kind: AnsweredKind) {
        self.number = number
        self.kind = kind
    }
}

/// A delivery of our own whose verified receipt is here.
package struct ReceiptedDelivery: Hashable, Sendable {
    package let number: SequenceNumber
    package let messageID: MessageID
    package let receiptedAt: Timestamp

    package init(number: SequenceNumber, messageID: MessageID, receiptedAt: Timestamp) {
        self.number = number
        self.messageID = messageID
        self.receiptedAt = receiptedAt
    }
}

/// What a tally says of the answers that were given, and whether that is what the sender was answered
/// (`protocol.md` §8.1, §8.2).
package enum OutcomeComparison {
    /// The ranges of a tally: the newest numbers where they do not all fit.
    ///
    /// - Parameter answered: descending, no further back than
    ///   ``ProtocolLimits/tallyOutcomesMaximumNumbers`` from the first.
    package static func ranges(newestFirst answered: [AnsweredNumber]) -> [OutcomeRange] {
        var ranges: [OutcomeRange] = []
        for one in answered {
            if let last = ranges.last, last.kind == one.kind, last.numbers.first == one.number.next {
                ranges[ranges.count - 1] = OutcomeRange(NumberRange(one.number, last.numbers.last), one.kind)
            } else if ranges.count < ProtocolLimits.tallyMaximumOutcomes {
                ranges.append(OutcomeRange(NumberRange(one.number, one.number), one.kind))
            } else {
                break
            }
        }
        return ranges.reversed()
    }

    /// What a partner says that it did not receipt: our deliveries in these ranges are to be compared.
    package static func unreceipted(_ outcomes: [OutcomeRange]) -> [NumberRange] {
        outcomes.filter { $0.kind != .receipt }.map(\.numbers)
    }

    /// Deliveries that the partner says it refused, or only noted, although its receipt is here: one of its two
    /// signatures is under an untruth, or its store was changed.
    ///
    /// A receipt where a refusal is here contradicts nothing: a late receipt counts. `noted` may have been said of a
    /// number that was held and then sent, and have been overtaken by its receipt: a receipt that came just now, by our
    /// own clock, is not held against it.
    ///
    /// - Parameter receipts: those of our deliveries in ``unreceipted(_:)`` whose receipt is here, ascending.
    package static func contradictions(
        of outcomes: [OutcomeRange], with receipts: [ReceiptedDelivery], now: Timestamp
    ) -> [ReceiptedDelivery] {
        receipts.filter { receipt in
            let said = outcomes.first { $0.numbers.first <= receipt.number && receipt.number <= $0.numbers.last }
            return switch said?.kind {
            case .refusal: true
            case .noted: receipt.receiptedAt + ProtocolLimits.overtakenMaximum <= now
            case .receipt, nil: false
            }
        }
    }
}
