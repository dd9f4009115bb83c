/// What may go wrong in a run, or be done by people in it.
package enum FaultKind: String, CaseIterable, Hashable, Sendable {
    /// A request that never comes.
    case requestLost = "request-lost"
    /// A request that came, and whose answer never does.
    case answerLost = "answer-lost"
    /// A request that comes a second time.
    case duplication
    /// Requests and answers that take long, and overtake each other.
    case delay
    /// A path on which nothing moves for seconds.
    case clogging
    /// A pair that is parted in both directions.
    case partition
    /// A pair that is parted in one direction.
    case oneWayPartition = "one-way-partition"
    /// A process that ends at a write: before it is durable, or after that and before anybody is told.
    case crashAtWrite = "crash-at-write"
    /// A process that ends between two writes.
    case crash
    /// A sync that fails: what it was to make durable may be, or not.
    case syncFailure = "sync-failure"
    /// No room for a while.
    case diskFull = "disk-full"
    /// A wall clock that is set forward or back by up to an hour.
    case clockJump = "clock-jump"
    /// A partner that never answers, from the beginning on.
    case deadPartner = "dead-partner"
    /// An operator who holds deliveries, and lets them go later.
    case hold
    /// A person who withdraws a delivery.
    case withdrawal
    /// An agency that submits again under the same key, because it did not hear or does not believe it.
    case resubmission
    /// An agency's system that dies between keeping what it was handed and confirming it.
    case forgetfulConsumer = "forgetful-consumer"
    /// A partner that signs two messages under one id.
    case equivocation
    /// A node that goes on from an older copy of its disk.
    case restore
    /// A disk that is gone.
    case diskLoss = "disk-loss"
    /// A disk that says of writes that they are durable, and has lost the last of them after a power cut.
    case lostWrites = "lost-writes"
    /// A power cut in a write that leaves a damaged store; the operator puts an older copy back.
    case tornWrite = "torn-write"
    /// An organisation whose keys and certificates are renewed, and a directory that says so and comes to each node at
    /// another time.
    case renewal
    /// A second node of an organisation, on a copy of its disk and away from its address; an agency hands in there too.
    case clone
}

/// What really happened in a run, or in many. A run in which a fault never happened tests nothing of it.
package enum Happening: String, CaseIterable, Hashable, Sendable {
    case requestLost = "requests lost"
    case answerLost = "answers lost"
    case requestDuplicated = "requests that came twice"
    case requestLate = "requests that came late"
    case overtaken = "requests that were overtaken"
    case waitedInClog = "waited on a clogged path"
    case partedBothWays = "met a partition"
    case partedOneWay = "met a partition of one direction"
    case crashedBeforeWrite = "crashed before a write was durable"
    case crashedAfterWrite = "crashed after a write was durable"
    case crashedBetweenWrites = "crashed between writes"
    case syncFailed = "syncs failed, and the write was lost"
    case syncFailedDurably = "syncs failed, and the write was there"
    case diskFull = "writes without room"
    case clockSetForward = "clocks set forward"
    case clockSetBack = "clocks set back"
    case partnerDead = "partners dead for ever"
    case held = "deliveries held"
    case released = "deliveries released"
    case withdrawn = "deliveries withdrawn"
    case resubmitted = "submissions repeated"
    case notConfirmed = "hand-overs not confirmed"
    case equivocated = "ids signed twice"
    case shownDifferently = "ids shown in two forms"
    case restored = "stores put back"
    case diskLost = "disks lost"
    case writesLost = "writes lost that had been synced"
    case torn = "stores torn, and put back"
    case keysRenewed = "starts with renewed keys"
    case directoryTaken = "directories taken up by a node that runs"
    case cloned = "partners that heard a clone"
    case fenced = "requests turned away by a fence"
    case restarted = "nodes started again"
    case duplicateAnswered = "duplicates answered"
    case handedOver = "messages handed over"
    case outOfOrder = "handed over before their predecessor, flagged"
    case acknowledged = "messages taken or concluded"
    case escalated = "acknowledgements late, and people told"
    case endedLate = "acknowledgements that came late"
    case refused = "deliveries refused"
    case unreachable = "alarms of a partner that is not reached"

    /// Which kind brings it; `nil` for what a run has anyhow.
    package var kind: FaultKind? {
        switch self {
        case .requestLost: .requestLost
        case .answerLost: .answerLost
        case .requestDuplicated: .duplication
        case .requestLate, .overtaken: .delay
        case .waitedInClog: .clogging
        case .partedBothWays: .partition
        case .partedOneWay: .oneWayPartition
        case .crashedBeforeWrite, .crashedAfterWrite: .crashAtWrite
        case .crashedBetweenWrites: .crash
        case .syncFailed, .syncFailedDurably: .syncFailure
        case .diskFull: .diskFull
        case .clockSetForward, .clockSetBack: .clockJump
        case .partnerDead, .unreachable: .deadPartner
        case .held, .released: .hold
        case .withdrawn: .withdrawal
        case .resubmitted: .resubmission
        case .notConfirmed: .forgetfulConsumer
        case .equivocated, .shownDifferently, .refused: .equivocation
        case .restored: .restore
        case .diskLost: .diskLoss
        case .keysRenewed, .directoryTaken: .renewal
        case .writesLost: .lostWrites
        case .torn: .tornWrite
        case .cloned, .fenced: .clone
        case .restarted, .duplicateAnswered, .handedOver, .outOfOrder, .acknowledged, .escalated, .endedLate:
            nil
        }
    }
}

package struct HappeningCounts: Hashable, Sendable {
    private var counts = Happening.allCases.map { _ in 0 }

    package init() {}

    package subscript(_ happening: Happening) -> Int {
        get { counts[Self.index(happening)] }
        set { counts[Self.index(happening)] = newValue }
    }

    package mutating func add(_ other: HappeningCounts) {
        for happening in Happening.allCases { self[happening] += other[happening] }
    }

    /// What might have happened and did not.
    package var missing: [Happening] {
        Happening.allCases.filter { self[$0] == 0 }
    }

    private static func index(_ happening: Happening) -> Int {
        guard let index = Happening.allCases.firstIndex(of: happening) else {
            preconditionFailure("a case is among all cases")
        }
        return index
    }
}
