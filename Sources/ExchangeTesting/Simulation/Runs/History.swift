package import ExchangeCore

/// All that was seen of a run from outside: what agencies were told and handed, what went over the wire, and what lay on
/// the disks. The checkers judge it, and know nothing else. Nodes are named by their seats, from 0.
package struct History: Sendable {
    /// What an agency handed in.
    package struct Submission: Sendable {
        package let seat: Int
        package let key: String
        package let recipients: [Int]
        package let priority: Priority
        /// Of its case: the submissions of one case and agency come one after the other.
        package let caseNumber: Int
        /// Whether it was handed in at a clone, whose disk is gone in the end.
        package let isAtClone: Bool
        /// What its node answered, each time that it did.
        package var answers: [MessageID] = []

        package init(
            seat: Int, key: String, recipients: [Int], priority: Priority, caseNumber: Int, isAtClone: Bool = false
        ) {
            self.isAtClone = isAtClone
            self.seat = seat
            self.key = key
            self.recipients = recipients
            self.priority = priority
            self.caseNumber = caseNumber
        }
    }

    /// What an agency's system was given out of the inbox.
    package struct HandOver: Sendable {
        package let seat: Int
        package let message: MessageID
        package let digest: Digest
        package let sender: Int
        /// Whether the node said that the message before it has not come.
        package let isFlagged: Bool
        /// Whether the system had confirmed it before.
        package let wasConfirmed: Bool
        /// How many messages the node's disk had then.
        package let messagesOnDisk: Int

        package init(
            seat: Int, message: MessageID, digest: Digest, sender: Int, isFlagged: Bool, wasConfirmed: Bool = false,
            messagesOnDisk: Int = .max
        ) {
            self.seat = seat
            self.message = message
            self.digest = digest
            self.sender = sender
            self.isFlagged = isFlagged
            self.wasConfirmed = wasConfirmed
            self.messagesOnDisk = messagesOnDisk
        }
    }

    /// A line of a manifest, as it left its sender.
    package struct Announcement: Sendable {
        package let from: Int
        package let to: Int
        package let item: ChannelItem
        /// The sender's opening that said so.
        package let incarnation: IncarnationID?
        /// Whether the sender's disk had it when it spoke of it.
        package let isOnDisk: Bool

        package init(from: Int, to: Int, item: ChannelItem, incarnation: IncarnationID? = nil, isOnDisk: Bool) {
            self.incarnation = incarnation
            self.from = from
            self.to = to
            self.item = item
            self.isOnDisk = isOnDisk
        }
    }

    /// A receipt or refusal, as it left the recipient's node.
    package struct Proof: Sendable {
        /// Who gave it, and to whom.
        package let from: Int
        package let to: Int
        package let item: ChannelItem
        package let isReceipt: Bool
        package let bytes: [UInt8]
        /// Whether the disk of who gave it had it then; of a receipt also whether it had the message.
        package let isOnDisk: Bool

        package init(from: Int, to: Int, item: ChannelItem, isReceipt: Bool, bytes: [UInt8], isOnDisk: Bool) {
            self.from = from
            self.to = to
            self.item = item
            self.isReceipt = isReceipt
            self.bytes = bytes
            self.isOnDisk = isOnDisk
        }
    }

    /// What a tally said, when it left its node.
    package struct Claim: Sendable {
        package let from: Int
        package let about: Int
        package let issued: ChannelPosition
        package let received: ChannelPosition

        package init(from: Int, about: Int, issued: ChannelPosition, received: ChannelPosition) {
            self.from = from
            self.about = about
            self.issued = issued
            self.received = received
        }
    }

    /// The audit log of a disk at some moment: how many leaves, and the hash of the last.
    package struct AuditMark: Hashable, Sendable {
        package let seat: Int
        package let leaves: Int
        package let head: Digest

        package init(seat: Int, leaves: Int, head: Digest) {
            self.seat = seat
            self.leaves = leaves
            self.head = head
        }
    }

    /// A message with another under the same id.
    package struct Twin: Sendable {
        package let sender: Int
        package let message: MessageID
        /// To whom both were brought.
        package let recipient: Int

        package init(sender: Int, message: MessageID, recipient: Int) {
            self.sender = sender
            self.message = message
            self.recipient = recipient
        }
    }

    /// Two messages under one id, each brought to one of two recipients that both list.
    package struct Divergence: Sendable {
        package let sender: Int
        package let message: MessageID
        /// The two that it was brought to.
        package let seats: [Int]

        package init(sender: Int, message: MessageID, seats: [Int]) {
            self.sender = sender
            self.message = message
            self.seats = seats
        }
    }

    /// That somebody took a message at a node, and the node said so.
    package struct Taking: Hashable, Sendable {
        package let seat: Int
        package let message: MessageID

        package init(seat: Int, message: MessageID) {
            self.seat = seat
            self.message = message
        }
    }

    /// A line of a manifest whose envelope holds another message than it says.
    package struct Forgery: Sendable {
        package let recipient: Int
        package let item: ChannelItem

        package init(recipient: Int, item: ChannelItem) {
            self.recipient = recipient
            self.item = item
        }
    }

    /// A message to one partner that can be reached, sent beside one to a partner that cannot.
    package struct Errand: Sendable {
        package let from: Int
        package let to: Int
        /// Until its receipt was there; `nil` where it did not come within the bound.
        package let took: Milliseconds?

        package init(from: Int, to: Int, took: Milliseconds?) {
            self.from = from
            self.to = to
            self.took = took
        }
    }

    /// An account of an organisation's second node, as a partner took it.
    package struct CloneHeard: Hashable, Sendable {
        /// Of the organisation.
        package let seat: Int
        package let partner: Int

        package init(seat: Int, partner: Int) {
            self.seat = seat
            self.partner = partner
        }
    }

    package var submissions: [Submission] = []
    package var handOvers: [HandOver] = []
    package var announcements: [Announcement] = []
    package var proofs: [Proof] = []
    package var claims: [Claim] = []
    package var auditMarks: [AuditMark] = []
    package var twins: [Twin] = []
    package var divergences: [Divergence] = []
    package var takings: [Taking] = []
    package var forgeries: [Forgery] = []
    package var errands: [Errand] = []
    /// Seats whose wall clock was set while the node ran.
    package var seatsWithSetClocks: Set<Int> = []
    /// Seats whose store was put back, or gone: what they had said before, they may have forgotten.
    package var seatsWithLostStores: Set<Int> = []
    /// Seats whose organisation had two nodes at once, on two disks: one may know what the other does not.
    package var seatsWithClones: Set<Int> = []
    /// Seats whose node, at the organisation's address, was taken for a copy that does not run.
    package var seatsFenced: Set<Int> = []
    /// Who took an account of a clone.
    package var clonesHeard: [CloneHeard] = []
    /// What a disk owed, or was owed, without a clock of it, when its node began to run.
    package var unwatchedAtStarts: [Int: [OwedOnDisk]] = [:]
    /// What was not as it should be when the time for it was over.
    package var unsettled: [String] = []
    /// By seat; `nil` of one that has no disk.
    package var ends: [DiskAtEnd?] = []

    package init() {}

    func hasLost(_ seat: Int) -> Bool { seatsWithLostStores.contains(seat) }

    /// Whether something was signed in its name that its disk may not have: by a store that was lost, or by a clone.
    func isInDoubt(_ seat: Int) -> Bool { hasLost(seat) || seatsWithClones.contains(seat) }

    /// Whether a node that heard a clone has to say so: with its clock and its store as they were, and the store of the
    /// other too.
    func mustNotice(_ clone: CloneHeard, at seat: Int) -> Bool {
        clone.partner == seat && !hasLost(seat) && !hasLost(clone.seat) && !seatsWithSetClocks.contains(seat)
    }

    /// Whether one of the two still knows all, and both had the time to give each other back what they know.
    func canKnow(_ seat: Int, _ other: Int) -> Bool {
        guard isInDoubt(seat) || isInDoubt(other) else { return true }
        return !(isInDoubt(seat) && isInDoubt(other)) && end(of: seat)?.isHealed == true
            && end(of: other)?.isHealed == true
    }

    /// Whether people withdrew what a node itself had to say to another: all that its agency handed in is in the submissions.
    func hasWithdrawnWords(of seat: Int, to other: Int) -> Bool {
        let submitted = Set(submissions.flatMap(\.answers))
        return end(of: seat)?.outgoing[other]?.contains {
            $0.transport == .withdrawn && !submitted.contains($0.item.messageID)
        } ?? false
    }

    func end(of seat: Int) -> DiskAtEnd? { ends.indices.contains(seat) ? ends[seat] : nil }
}

/// What lies on a disk when all is over.
package struct DiskAtEnd: Sendable {
    package struct Outgoing: Sendable {
        package let item: ChannelItem
        package let transport: TransportState
        /// Whether the queue that people see has it.
        package let isShown: Bool
        /// Why its receipt or refusal does not prove what it is there for; `nil` where it does, or where there is none.
        package let objection: String?

        package init(item: ChannelItem, transport: TransportState, isShown: Bool, objection: String? = nil) {
            self.item = item
            self.transport = transport
            self.isShown = isShown
            self.objection = objection
        }
    }

    package struct Incoming: Sendable {
        package let item: ChannelItem
        package let answer: AnsweredKind

        package init(item: ChannelItem, answer: AnsweredKind) {
            self.item = item
            self.answer = answer
        }
    }

    package struct RaisedAlarm: Hashable, Sendable {
        package let code: AlarmCode
        package let partner: Int?
        package let message: MessageID?

        package init(code: AlarmCode, partner: Int?, message: MessageID?) {
            self.code = code
            self.partner = partner
            self.message = message
        }
    }

    /// Whether its node was healed, and had the time that it takes to catch up.
    package var isHealed: Bool
    /// By partner, each in the order of the numbers.
    package var outgoing: [Int: [Outgoing]] = [:]
    package var incoming: [Int: [Incoming]] = [:]
    /// Received messages that are there to be handed over.
    package var inbox: [MessageID: Digest] = [:]
    /// Of each message, as the how manieth the disk took it.
    package var ordinals: [MessageID: Int] = [:]
    /// All that were ever raised.
    package var alarms: [RaisedAlarm] = []
    /// The hash of each leaf.
    /// What is owed here, or to this organisation.
    package var owed: [OwedOnDisk] = []
    /// Messages with an alarm of something late, of which nothing is owed.
    package var idleAlarms: [MessageID] = []
    package var audit: [Digest] = []
    /// Whether the hashes are those of the leaves.
    package var isAuditIntact = true

    package init(isHealed: Bool) { self.isHealed = isHealed }
}

/// An acknowledgement that is owed by what lies on a disk.
package struct OwedOnDisk: Hashable, Sendable {
    package let message: MessageID
    package let level: AcknowledgementLevel
    /// The seat of who owes it; `nil` of the disk's own organisation.
    package let debtor: Int?
    /// Whether the message has a clock, so that somebody looks at it again.
    package let isWatched: Bool
    /// The steps of the ladder that the disk has of it.
    package let steps: [EscalationStep]
    /// Those that must have been taken by now.
    package let due: [EscalationStep]
    package let isAlarmed: Bool

    package init(
        message: MessageID, level: AcknowledgementLevel, debtor: Int?, isWatched: Bool, steps: [EscalationStep] = [],
        due: [EscalationStep] = [], isAlarmed: Bool = false
    ) {
        self.message = message
        self.level = level
        self.debtor = debtor
        self.isWatched = isWatched
        self.steps = steps
        self.due = due
        self.isAlarmed = isAlarmed
    }

    /// What is not as it must be; `nil` where all is.
    package var objection: String? {
        guard isWatched else { return "has no clock" }
        if Set(steps).count != steps.count { return "has a step twice" }
        if let missing = due.first(where: { !steps.contains($0) }) {
            return "is late, and \(missing.rawValue) was not told"
        }
        return steps.isEmpty || isAlarmed ? nil : "is late, and no alarm says so"
    }

    /// - Parameter message: how the message is called where it is spoken of.
    package func words(at seat: Int, message: String) -> String {
        "n\(seat): the \(level) of \(message) by \(debtor.map { "n\($0)" } ?? "itself")"
    }
}
