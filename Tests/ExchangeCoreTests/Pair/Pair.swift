import ExchangeCore

/// Steps two cores through loss, duplication, reordering and crashes, without sockets and without sleeping.
///
/// Each side is a `PartnerLink`, a ledger in memory and the core's decisions; between them go the real bytes of the
/// wire, under fake signatures. Time is virtual and randomness seeded, so that a run repeats from its seed.
struct Pair {
    enum Step {
        case wake(generation: Int)
        case loaded(DueBatch)
        case timedOut(request: UInt64)
        case transact(InboundWork)
        case speak(InboundWork)
        case speakTally(request: UInt64)
        case answersRecorded(request: UInt64)
        case tallyRecorded(request: UInt64)
        case tellAgency(submission: Int, MessageID)
    }

    enum Happening {
        case arrives(Packet)
        case step(Seat, epoch: Int, Step)
        case submits(Seat, submission: Int)
        case agencyLooks(Seat)
        case operatorActs(Seat)
        case crash(Seat)
        case restart(Seat)
    }

    struct Packet {
        enum Content {
            case batch([UInt8])
            case tally([UInt8])
            case batchAnswer([UInt8])
            case tallyAnswer([UInt8])
            case failure
        }

        let id: UInt64
        let from: Seat
        /// The sender's, when it was sent.
        let epoch: Int
        let requestID: UInt64
        let content: Content
    }

    let seed: UInt64
    let faults: PairFaults
    var random: SeededRandom
    var queue = EventQueue<Happening>()
    var time: Int64 = 0
    var nodes: [PairNode] = []
    var witness = PairWitness()
    var counts = PairCounts()
    var nextPacket: UInt64 = 1
    /// Steps taken: a bound on a run that spins without time going on.
    var happenings = 0
    var nextRequest: UInt64 = 1
    /// The newest packet to have arrived from each seat.
    var newestArrived: [UInt64] = [0, 0]
    /// What tallies showed of a partner's store or lists that must not be in a run.
    var disagreements: [String] = []
    /// A breach for the test of the checkers themselves: answers leave before they are on the disk.
    var speaksBeforeSync = false

    init(seed: UInt64, faults: PairFaults = PairFaults()) {
        self.seed = seed
        self.faults = faults
        random = SeededRandom(seed: seed)
        for seat in Seat.allCases {
            nodes.append(PairNode(seat: seat, incarnation: IncarnationID(random.bytes16()), now: now))
        }
        for seat in Seat.allCases { handle(.started, at: seat) }
    }

    var now: Now {
        Now(
            monotonic: MonotonicTime(milliseconds: time),
            wall: Timestamp(milliseconds: Sample.wall.milliseconds + time))
    }

    var isFaulty: Bool { time < faults.endAt }

    mutating func happens(_ percent: Int) -> Bool { isFaulty && random.chance(percent) }

    mutating func schedule(_ happening: Happening, in milliseconds: Int64) {
        queue.push(happening, at: time + milliseconds)
    }

    mutating func schedule(_ step: Step, at seat: Seat, in milliseconds: Int64) {
        schedule(.step(seat, epoch: nodes[seat.rawValue].epoch, step), in: milliseconds)
    }

    /// Runs until everything is settled, or until `deadline` of virtual time.
    mutating func run(until deadline: Int64 = 3_600_000) -> Bool {
        while let (time, happening) = queue.pop() {
            happenings += 1
            guard time <= deadline, happenings < 200_000 else { return false }
            self.time = time
            happen(happening)
            if case .agencyLooks = happening, time >= faults.endAt, isSettled { return true }
        }
        return false
    }

    /// Runs to a moment, settled or not.
    mutating func run(to moment: Int64) {
        schedule(.agencyLooks(.left), in: moment - time)
        while let (time, happening) = queue.pop() {
            self.time = time
            happen(happening)
            if time >= moment { return }
        }
    }

    private mutating func happen(_ happening: Happening) {
        switch happening {
        case .arrives(let packet): arrive(packet)
        case .step(let seat, let epoch, let step):
            if nodes[seat.rawValue].isUp, nodes[seat.rawValue].epoch == epoch { take(step, at: seat) }
        case .submits(let seat, let submission): submit(submission, at: seat)
        case .agencyLooks(let seat): agencyLooks(at: seat)
        case .operatorActs(let seat): operatorActs(at: seat)
        case .crash(let seat): crash(seat)
        case .restart(let seat): restart(seat)
        }
    }

    private mutating func take(_ step: Step, at seat: Seat) {
        switch step {
        case .wake(let generation):
            if nodes[seat.rawValue].wakeGeneration == generation { handle(.timerFired, at: seat) }
        case .loaded(let due):
            nodes[seat.rawValue].loaded = due
            handle(.loaded(items: due.entries.count, nextDueIn: due.nextDueIn), at: seat)
        case .timedOut(let request): timeOut(request, at: seat)
        case .transact(let work): transact(work, at: seat)
        case .speak(let work): speak(work, at: seat)
        case .speakTally(let request): speakTally(request, at: seat)
        case .answersRecorded(let request): finish(request, .answered, at: seat)
        case .tallyRecorded(let request): finish(request, .tallyExchanged(isRecovering: false), at: seat)
        case .tellAgency(let submission, let id): tellAgency(submission, id, at: seat)
        }
    }

    // MARK: Crashes

    /// Crashes a node at a place in its work, now and then; true where it did.
    mutating func maybeCrash(_ seat: Seat, _ place: PairEvent) -> Bool {
        guard happens(faults.crashPercent) else { return false }
        counts.note(place)
        crash(seat)
        return true
    }

    mutating func crash(_ seat: Seat) {
        guard nodes[seat.rawValue].isUp else { return }
        let lost = nodes[seat.rawValue].ledger.crash()
        if lost > 0 { counts.note(.writesLost) }
        nodes[seat.rawValue].isUp = false
        nodes[seat.rawValue].epoch += 1
        nodes[seat.rawValue].pending = nil
        nodes[seat.rawValue].asked = [:]
        for index in nodes[seat.rawValue].submissions.indices {
            nodes[seat.rawValue].submissions[index].isPending = false
        }
        // Mostly short; now and then long enough for the partner to raise its alarm.
        schedule(.restart(seat), in: happens(18) ? random.within(320_000...400_000) : random.within(200...8_000))
    }

    private mutating func restart(_ seat: Seat) {
        nodes[seat.rawValue].ledger.open(IncarnationID(random.bytes16()))
        nodes[seat.rawValue].link = PartnerLink(limits: NodeLimits(), now: now)
        nodes[seat.rawValue].isUp = true
        handle(.started, at: seat)
        // Some stop again before they have said a word: their successors skip them.
        if happens(20) { schedule(.crash(seat), in: random.within(0...3)) }
    }

    // MARK: Network

    mutating func send(_ content: Packet.Content, request: UInt64, from seat: Seat) {
        let packet = Packet(
            id: nextPacket, from: seat, epoch: nodes[seat.rawValue].epoch, requestID: request, content: content)
        nextPacket += 1
        if happens(faults.lostPercent) {
            counts.note(content.isRequest ? .requestLost : .answerLost)
            return
        }
        schedule(.arrives(packet), in: delay(of: content))
        if happens(faults.duplicatedPercent) {
            counts.note(.duplicated)
            schedule(.arrives(packet), in: delay(of: content))
        }
    }

    /// A tally that takes longer than its request comes to nobody: whoever sent it has hung up.
    private mutating func delay(of content: Packet.Content) -> Int64 {
        guard happens(faults.slowPercent) else { return random.within(1...40) }
        return random.within(1_000...(content.isTally ? ProtocolLimits.requestTimeout.count - 1 : 45_000))
    }

    private mutating func arrive(_ packet: Packet) {
        if packet.id < newestArrived[packet.from.rawValue] { counts.note(.reordered) }
        newestArrived[packet.from.rawValue] = max(newestArrived[packet.from.rawValue], packet.id)
        let seat = packet.from.other
        guard nodes[seat.rawValue].isUp else {
            guard packet.content.isRequest else { return }
            counts.note(.connectionRefused)
            let refusal = Packet(
                id: nextPacket, from: seat, epoch: nodes[seat.rawValue].epoch, requestID: packet.requestID,
                content: .failure)
            nextPacket += 1
            schedule(.arrives(refusal), in: 1)
            return
        }
        switch packet.content {
        case .batch(let bytes): receiveBatch(bytes, packet, at: seat)
        case .tally(let bytes): receiveTally(bytes, packet, at: seat)
        case .batchAnswer(let bytes): receiveAnswer(bytes, packet, at: seat)
        case .tallyAnswer(let bytes): receiveTallyAnswer(bytes, packet, at: seat)
        case .failure: fail(packet.requestID, at: seat)
        }
    }
}

extension Pair.Packet.Content {
    var isRequest: Bool {
        switch self {
        case .batch, .tally: true
        case .batchAnswer, .tallyAnswer, .failure: false
        }
    }

    var isTally: Bool {
        switch self {
        case .tally, .tallyAnswer: true
        case .batch, .batchAnswer, .failure: false
        }
    }
}
