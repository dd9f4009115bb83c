import ExchangeCore

/// The people at both ends: who hand in, take, own, conclude, hold and withdraw.
extension Pair {
    /// Makes work for both sides, spread over the time of faults.
    mutating func makeWork(submissionsPerSide: Int) {
        for seat in Seat.allCases {
            let cases = (0..<3).map { _ in CaseReference(random: random.bytes16()) }
            for number in 0..<submissionsPerSide {
                let priorities = Priority.allCases
                let submission = Submission(
                    key: "\(seat)-\(number)", caseReference: cases[Int(random.next() % 3)],
                    priority: priorities[Int(random.next() % 4)], wanted: random.chance(60) ? .outcome : .receipt,
                    isBad: random.chance(14))
                enqueue(submission, at: seat, in: random.within(0...max(1, faults.endAt - 10_000)))
            }
            for _ in 0..<3 { schedule(.operatorActs(seat), in: random.within(0...max(1, faults.endAt - 1))) }
            if random.chance(50) { schedule(.crash(seat), in: random.within(0...max(1, faults.endAt - 1))) }
            schedule(.agencyLooks(seat), in: 500)
        }
    }

    mutating func enqueue(_ submission: Submission, at seat: Seat, in milliseconds: Int64) {
        nodes[seat.rawValue].submissions.append(submission)
        nodes[seat.rawValue].untold += 1
        schedule(.submits(seat, submission: nodes[seat.rawValue].submissions.count - 1), in: milliseconds)
    }

    mutating func submit(_ index: Int, at seat: Seat) {
        let submission = nodes[seat.rawValue].submissions[index]
        guard !submission.isTold else { return }
        // The agency asks again until it is told.
        schedule(.submits(seat, submission: index), in: random.within(900...2_000))
        guard nodes[seat.rawValue].isUp, !submission.isPending else { return }
        let sealed = seal(submission, at: seat)
        let request = AcceptanceRequest(
            message: sealed.summary, envelope: sealed.signed, recipients: [seat.other.party],
            claim: IdempotencyClaim(
                key: submission.key, submissionDigest: FakeHash.digest(Array(submission.key.utf8))),
            inboxStep: submission.step)
        let facts = nodes[seat.rawValue].ledger.current.acceptanceFacts(request, ignoringID: submission.twinOf != nil)
        switch Acceptance.decide(request, facts: facts, limits: NodeLimits(), now: now) {
        case .accept(let changes):
            nodes[seat.rawValue].ledger.commit(changes)
            tell(sealed.summary.id, index, at: seat)
        case .repeat(let id):
            counts.note(.repeatedSubmission)
            tell(id, index, at: seat)
        case .refuse(let refusal):
            witness.complain("\(submission.key) at \(seat) was not accepted: \(refusal)")
            nodes[seat.rawValue].submissions[index].isTold = true
            nodes[seat.rawValue].untold -= 1
        }
    }

    private mutating func seal(
        _ submission: Submission, at seat: Seat
    ) -> (summary: MessageSummary, signed: [UInt8]) {
        let isStep = submission.step != nil
        let draft = FakeDraft(
            id: submission.twinOf ?? MessageID(at: now.wall, random: random.bytes16()),
            type: Sample.type(isStep ? "NOD-02" : "SIG-01"), sender: seat.party,
            caseReference: submission.caseReference, priority: submission.priority, created: now.wall,
            wanted: submission.wanted, isHandedOver: !isStep,
            predecessor: isStep ? nil : nodes[seat.rawValue].ledger.current.lastMessage(in: submission.caseReference),
            acknowledgement: submission.acknowledgement, isBad: submission.isBad)
        return FakeContent.seal(draft, nonce: random.next())
    }

    private mutating func tell(_ id: MessageID, _ index: Int, at seat: Seat) {
        nodes[seat.rawValue].submissions[index].isPending = true
        schedule(.tellAgency(submission: index, id), at: seat, in: random.within(1...4))
    }

    mutating func tellAgency(_ index: Int, _ id: MessageID, at seat: Seat) {
        nodes[seat.rawValue].submissions[index].isPending = false
        if maybeCrash(seat, .crashedWithUnsyncedWrites) { return }
        nodes[seat.rawValue].ledger.sync()
        if maybeCrash(seat, .crashedAfterSync) { return }
        handle(.workArrived, at: seat)
        guard !happens(faults.lostPercent) else {
            counts.note(.resubmitted)
            return
        }
        witness.sees(id, toldFor: nodes[seat.rawValue].submissions[index].key, at: seat)
        nodes[seat.rawValue].submissions[index].isTold = true
        nodes[seat.rawValue].untold -= 1
        let told = nodes[seat.rawValue].submissions[index]
        if let message = told.about, told.step?.step == .owned {
            acknowledge(message, .concluded, at: seat, in: random.within(100...30_000))
        }
        if told.wanted == .receipt, told.twinOf == nil, told.step == nil, !told.isBad, happens(10) {
            var twin = told
            twin = Submission(
                key: told.key + "-twin", caseReference: told.caseReference, priority: told.priority, wanted: .receipt,
                twinOf: id)
            enqueue(twin, at: seat, in: random.within(1...5_000))
        }
    }

    /// The agency's system reads what is available, and its people answer some of it.
    mutating func agencyLooks(at seat: Seat) {
        schedule(.agencyLooks(seat), in: 1_000)
        guard nodes[seat.rawValue].isUp else { return }
        let state = nodes[seat.rawValue].ledger.durable
        let rows = state.inboxOrder.filter { !nodes[seat.rawValue].takenSet.contains($0) }
            .compactMap { state.inbox[$0] }
            .filter { $0.availableAt <= now.wall }
            .sorted { ($0.availableAt, $0.turn) < ($1.availableAt, $1.turn) }
        for row in rows {
            let id = row.summary.id
            nodes[seat.rawValue].taken.append(id)
            nodes[seat.rawValue].takenSet.insert(id)
            guard row.summary.wanted > .receipt else { continue }
            let declines = random.chance(25)
            acknowledge(row.summary, declines ? .declined : .owned, at: seat, in: random.within(10...3_000))
        }
    }

    private mutating func acknowledge(
        _ message: MessageSummary, _ step: AcknowledgementStep, at seat: Seat, in milliseconds: Int64
    ) {
        counts.note(.acknowledged)
        var submission = Submission(
            key: "\(step)-\(message.id)", caseReference: message.caseReference, priority: .routine, wanted: .receipt)
        submission.step = InboxStep(messageID: message.id, step: step, role: "duty")
        submission.acknowledgement = ReceivedAcknowledgement(
            messageID: message.id, messageDigest: message.digest, step: step, role: "duty")
        submission.about = message
        enqueue(submission, at: seat, in: milliseconds)
    }

    /// Holds an open delivery and releases it later, or withdraws one.
    mutating func operatorActs(at seat: Seat) {
        guard nodes[seat.rawValue].isUp else {
            schedule(.operatorActs(seat), in: 1_000)
            return
        }
        for index in nodes[seat.rawValue].ledger.current.outgoing.indices
        where nodes[seat.rawValue].ledger.current.outgoing[index].transport == .held {
            move(index, .releasedByOperator, .released, at: seat)
            return
        }
        let open = nodes[seat.rawValue].ledger.current.outgoing.indices.filter {
            let delivery = nodes[seat.rawValue].ledger.current.outgoing[$0]
            return delivery.transport == .open && delivery.summary.isHandedOver && delivery.summary.wanted == .receipt
        }
        guard let index = open.first, isFaulty else { return }
        if random.chance(50) {
            move(index, .withdrawnByPerson, .withdrawn, at: seat)
        } else {
            move(index, .heldByOperator, .held, at: seat)
            schedule(.operatorActs(seat), in: random.within(500...20_000))
        }
    }

    private mutating func move(_ index: Int, _ event: TransportEvent, _ count: PairEvent, at seat: Seat) {
        let delivery = nodes[seat.rawValue].ledger.current.outgoing[index]
        let key = DeliveryKey(partner: seat.other.party.oin, number: delivery.item.number)
        guard
            let changes = Intervention.decide(
                event, reason: "\(count)", for: key, facts: delivery.facts, at: now.wall)
        else { return }
        counts.note(count)
        nodes[seat.rawValue].ledger.commit(changes)
        nodes[seat.rawValue].ledger.sync()
        handle(.workArrived, at: seat)
    }
}
