package import ExchangeCore

/// The books of one pair, read at one moment: what a report of it rests on (`protocol.md` §8.3).
package struct PairBooks: Hashable, Sendable {
    package let account: ChannelAccount
    /// Our books as they are compared with a tally; `nil` where none is given.
    package let facts: TallyFacts?
    /// What was answered to the newest numbers of the partner's channel, descending, as a tally has it.
    package let answered: [AnsweredNumber]
    /// Our deliveries that have no answer and are not held, the most pressing first.
    package let open: Excerpt<DeliveryEntry>
    package let held: Excerpt<DeliveryEntry>
    package let refused: Excerpt<DeliveryEntry>
    /// Those that are sent again because the partner has lost them, ascending.
    package let again: Excerpt<SentAgain>
    /// Those that were withdrawn, the newest first; also before a loss, where only the number and the partner's word for it
    /// are left.
    package let withdrawn: Excerpt<DeliveryEntry>
    /// Those of which only the number is left, and that nobody is known to have withdrawn, the newest first.
    package let lost: Excerpt<DeliveryEntry>
    /// Numbers of the partner's channel below the highest seen that are not here, ascending.
    package let gaps: Excerpt<NumberRange>
    /// Those that the partner declared held, and void, and those that this node refused, the newest first.
    package let heldThere: Excerpt<UnreceiptedNumber>
    package let voidThere: Excerpt<UnreceiptedNumber>
    package let refusedHere: Excerpt<UnreceiptedNumber>
    /// The open alarms about the partner.
    package let alarms: [AlarmEntry]

    package init(
        account: ChannelAccount, facts: TallyFacts?, answered: [AnsweredNumber], open: Excerpt<DeliveryEntry>,
        held: Excerpt<DeliveryEntry>, refused: Excerpt<DeliveryEntry>, again: Excerpt<SentAgain>,
        withdrawn: Excerpt<DeliveryEntry>, lost: Excerpt<DeliveryEntry>, gaps: Excerpt<NumberRange>,
        heldThere: Excerpt<UnreceiptedNumber>, voidThere: Excerpt<UnreceiptedNumber>,
        refusedHere: Excerpt<UnreceiptedNumber>, alarms: [AlarmEntry]
    ) {
        self.account = account
        self.facts = facts
        self.answered = answered
        self.open = open
        self.held = held
        self.refused = refused
        self.again = again
        self.withdrawn = withdrawn
        self.lost = lost
        self.gaps = gaps
        self.heldThere = heldThere
        self.voidThere = voidThere
        self.refusedHere = refusedHere
        self.alarms = alarms
    }
}

/// The first entries of what may be long, and how long it is.
package struct Excerpt<Entry: Hashable & Sendable>: Hashable, Sendable {
    package let entries: [Entry]
    package let count: Int

    package init(entries: [Entry], count: Int) {
        self.entries = entries
        self.count = count
    }

    package var isWhole: Bool { entries.count == count }
}

/// A delivery that has its answer and is sent again.
package struct SentAgain: Hashable, Sendable {
    package let item: ChannelItem
    /// `nil` where it is due.
    package let nextAttempt: Timestamp?

    package init(item: ChannelItem, nextAttempt: Timestamp?) {
        self.item = item
        self.nextAttempt = nextAttempt
    }
}

/// A number of a partner's channel that is filled and has no receipt.
package struct UnreceiptedNumber: Hashable, Sendable {
    package let item: ChannelItem
    /// The refusal's code, or what the partner declared.
    package let note: String
    package let filledAt: Timestamp

    package init(item: ChannelItem, note: String, filledAt: Timestamp) {
        self.item = item
        self.note = note
        self.filledAt = filledAt
    }
}

/// A partner's tally as it came and was verified.
package struct KeptTally: Hashable, Sendable {
    package let signed: [UInt8]
    package let keptAt: Timestamp

    package init(signed: [UInt8], keptAt: Timestamp) {
        self.signed = signed
        self.keptAt = keptAt
    }
}
