public import SwiftASN1

/// Inclusive numbers of a channel.
package struct NumberRange: Hashable, Sendable {
    package let first: SequenceNumber
    package let last: SequenceNumber

    /// - Precondition: `first` is not after `last`.
    package init(_ first: SequenceNumber, _ last: SequenceNumber) {
        precondition(first <= last, "a range is not empty")
        self.first = first
        self.last = last
    }
}

/// What kind of answer a number was given; the raw values are those of an item's outcome (`protocol.md` §6.4).
package enum AnsweredKind: Int, CaseIterable, Hashable, Sendable {
    case receipt = 0
    case refusal = 1
    case noted = 3
}

/// Numbers of a channel that were all answered alike.
package struct OutcomeRange: Hashable, Sendable {
    package let numbers: NumberRange
    package let kind: AnsweredKind

    package init(_ numbers: NumberRange, _ kind: AnsweredKind) {
        self.numbers = numbers
        self.kind = kind
    }
}

/// What an incarnation says of one before it, in one channel (`protocol.md` §9.1).
package struct PredecessorClaim: Hashable, Sendable {
    package let incarnation: IncarnationID
    /// The last number that the predecessor issued in this channel, and the running digest there.
    package let last: ChannelPosition

    package init(incarnation: IncarnationID, last: ChannelPosition) {
        self.incarnation = incarnation
        self.last = last
    }
}

/// A node's signed account of both channels with one partner (`protocol.md` §8).
package struct Tally: Hashable, WireStructure {
    package static let maximumBytes = ProtocolLimits.tallyMaximumBytes
    /// Itself, six plain fields and `safe`, two positions of three, and three lists; for each gap itself and its two
    /// ends, for each outcome its kind as well, and for each predecessor itself, its name, and its position of three.
    package static let maximumNodes =
        17 + ProtocolLimits.tallyMaximumGaps * 3 + ProtocolLimits.tallyMaximumOutcomes * 4
        + ProtocolLimits.tallyMaximumPredecessors * 5

    package let node: OIN
    package let partner: OIN
    package let incarnation: IncarnationID
    /// The openings of the store before this one, the newest first: at most
    /// ``ProtocolLimits/tallyMaximumPredecessors``, and none in the first incarnation of a store.
    package let predecessors: [PredecessorClaim]
    package let created: Timestamp
    package let isRecovering: Bool
    /// What `node` has issued to `partner`.
    package let issued: ChannelPosition
    /// What `node` holds from `partner` with nothing missing before it.
    package let received: ChannelPosition
    /// The last number from `partner` that a completed backup or a replica covers.
    package let safe: SequenceNumber
    /// Numbers from `partner` that are missing below the highest seen.
    package let gaps: [NumberRange]
    /// What `node` answered to the newest numbers from `partner`: at most ``ProtocolLimits/tallyMaximumOutcomes``.
    package let outcomes: [OutcomeRange]

    package init(
        node: OIN, partner: OIN, incarnation: IncarnationID, predecessors: [PredecessorClaim], created: Timestamp,
        isRecovering: Bool, issued: ChannelPosition, received: ChannelPosition, safe: SequenceNumber,
        gaps: [NumberRange], outcomes: [OutcomeRange] = []
    ) {
        self.outcomes = outcomes
        self.node = node
        self.partner = partner
        self.incarnation = incarnation
        self.predecessors = predecessors
        self.created = created
        self.isRecovering = isRecovering
        self.issued = issued
        self.received = received
        self.safe = safe
        self.gaps = gaps
    }

    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            try fields.version()
            let owner = try fields.oin()
            let partner = try fields.oin()
            let incarnation = try fields.identifier(IncarnationID.self)
            let created = try fields.timestamp()
            let isRecovering = try fields.boolean()
            let issued = try fields.structure(ChannelPosition.self)
            let received = try fields.structure(ChannelPosition.self)
            let safe = try fields.number()
            let gaps = try fields.list(of: NumberRange.self, atMost: ProtocolLimits.tallyMaximumGaps)
            let outcomes = try fields.list(of: OutcomeRange.self, atMost: ProtocolLimits.tallyMaximumOutcomes)
            let predecessors = try fields.list(
                of: PredecessorClaim.self, atMost: ProtocolLimits.tallyMaximumPredecessors)
            guard safe <= received.number else { throw fields.malformed("safe runs ahead of received") }
            guard gaps.first.map({ $0.first > received.number }) ?? true,
                zip(gaps, gaps.dropFirst()).allSatisfy({ $0.last.next < $1.first })
            else { throw fields.malformed("gaps lie beyond received, ascend and do not touch") }
            if let complaint = Self.complaint(about: outcomes) { throw fields.malformed(complaint) }
            guard Set([incarnation] + predecessors.map(\.incarnation)).count == predecessors.count + 1 else {
                throw fields.malformed("an incarnation is named twice")
            }
            guard zip(predecessors, predecessors.dropFirst()).allSatisfy({ $0.last.number >= $1.last.number }) else {
                throw fields.malformed("a predecessor ended beyond one that came after it")
            }
            return Tally(
                node: owner, partner: partner, incarnation: incarnation, predecessors: predecessors, created: created,
                isRecovering: isRecovering, issued: issued, received: received, safe: safe, gaps: gaps,
                outcomes: outcomes)
        }
    }

    /// Bounded as a whole: whoever compares them reads as many deliveries as they span.
    private static func complaint(about outcomes: [OutcomeRange]) -> String? {
        guard let first = outcomes.first, let last = outcomes.last else { return nil }
        let areInOrder = zip(outcomes, outcomes.dropFirst()).allSatisfy { one, next in
            let follows = one.numbers.last.next
            return follows < next.numbers.first || (follows == next.numbers.first && one.kind != next.kind)
        }
        guard areInOrder else { return "outcomes ascend, do not overlap, and touch only where they differ" }
        let span = last.numbers.last.value - first.numbers.first.value
        return span < UInt64(ProtocolLimits.tallyOutcomesMaximumNumbers) ? nil : "outcomes reach too far back"
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        try FieldWriter.write(into: &coder) { fields in
            try fields.version()
            try fields.oin(node)
            try fields.oin(partner)
            try fields.identifier(incarnation)
            try fields.timestamp(created)
            try fields.boolean(isRecovering)
            try fields.structure(issued)
            try fields.structure(received)
            try fields.number(safe)
            try fields.list(gaps)
            try fields.list(outcomes)
            try fields.list(predecessors)
        }
    }
}

extension ChannelPosition: DERParseable, DERSerializable {
    public init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) {
            ChannelPosition(number: try $0.number(), runningDigest: try $0.digest())
        }
    }

    public func serialize(into coder: inout DER.Serializer) throws {
        try FieldWriter.write(into: &coder) { fields in
            try fields.number(number)
            try fields.digest(runningDigest)
        }
    }
}

extension PredecessorClaim: DERParseable, DERSerializable {
    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) {
            PredecessorClaim(
                incarnation: try $0.identifier(IncarnationID.self), last: try $0.structure(ChannelPosition.self))
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        try FieldWriter.write(into: &coder) { fields in
            try fields.identifier(incarnation)
            try fields.structure(last)
        }
    }
}

extension NumberRange: DERParseable, DERSerializable {
    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            let first = try fields.number()
            let last = try fields.number()
            guard first > .none, first <= last else { throw fields.malformed("an empty range") }
            return NumberRange(first, last)
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        try FieldWriter.write(into: &coder) { fields in
            try fields.number(first)
            try fields.number(last)
        }
    }
}

extension OutcomeRange: DERParseable, DERSerializable {
    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            let first = try fields.number()
            let last = try fields.number()
            guard first > .none, first <= last else { throw fields.malformed("an empty range") }
            guard let kind = AnsweredKind(rawValue: try fields.integer()) else {
                throw fields.malformed("not a kind of answer")
            }
            return OutcomeRange(NumberRange(first, last), kind)
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        try FieldWriter.write(into: &coder) { fields in
            try fields.number(numbers.first)
            try fields.number(numbers.last)
            try fields.integer(kind.rawValue)
        }
    }
}
