/// What messages of one type have others answer, as the catalogue says it.
package struct ExpectedAnswer: Hashable, Sendable {
    package enum Bearer: Hashable, Sendable {
        case eachRecipient
        /// Whoever was told in this role.
        case role(Role)
        /// Whom one message asks (``AskedAnswer``), and nobody by its type alone.
        case named
    }

    /// The code of the type that is expected.
    package let code: String
    package let bearer: Bearer
    /// Whether a message asks for it only where its content does (``AskedAnswer``). Otherwise each of the type does, and its
    /// content says at most by when.
    package let isConditional: Bool
    /// `nil` where the clock of the priority counts, as for L3.
    package let within: Milliseconds?
    /// By whose clocks the ladder is climbed once it is due; `nil` for those of the message.
    package let pressing: Priority?
    /// In which roles somebody is told of the answer: others cannot see whether it came.
    package let visibleTo: Set<Role>
    /// In which roles the answer is sent: whoever was told in another, as by a rule of the directory, does not owe it.
    package let senders: Set<Role>
    /// Whether the outcome (L3) of the message gives the answer too; only where each recipient is asked.
    package let isGivenByOutcome: Bool
    /// The codes of types that bring the message itself to an end, whoever sends them: then no answer is owed either.
    package let endedBy: [String]
    /// Whether a later message of the same type by the same sender takes the place of the one that asks. What is late by then
    /// is replaced only by one that asks for the same by a later time.
    package let isReplaceable: Bool
    /// The code of what this organisation can send where the answer is late, and finds drafted. With it, the organisation watches
    /// over an answer that others owe each other. `nil` where there is none.
    package let drafts: String?

    package init(
        code: String, of bearer: Bearer, isConditional: Bool = false, within: Milliseconds? = nil,
        pressing: Priority? = nil, visibleTo: Set<Role>, senders: Set<Role> = Set(Role.allCases),
        isGivenByOutcome: Bool = true, endedBy: [String] = [], isReplaceable: Bool = false, drafts: String? = nil
    ) {
        self.code = code
        self.bearer = bearer
        self.isConditional = isConditional || bearer == .named
        self.within = within
        self.pressing = pressing
        self.visibleTo = visibleTo
        self.senders = senders
        self.isGivenByOutcome = isGivenByOutcome && bearer == .eachRecipient
        self.endedBy = endedBy
        self.isReplaceable = isReplaceable
        self.drafts = drafts
    }
}

/// An answer that the content of one message asks of one organisation: read before the content was sealed, and kept beside
/// it, so that a clock need not open anything.
package struct AskedAnswer: Hashable, Sendable {
    /// The code of the type that is asked for.
    package let code: String
    /// Who owes it; `nil` where it is this organisation.
    package let debtor: OIN?
    /// `nil` where the clock of its type counts.
    package let dueAt: Timestamp?

    package init(code: String, debtor: OIN?, dueAt: Timestamp?) {
        self.code = code
        self.debtor = debtor
        self.dueAt = dueAt
    }
}
