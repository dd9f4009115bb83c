import ExchangeCore
import ExchangeStore
import Testing

/// Accounts, incarnations, alarms, the audit log and events.
@Suite(.temporaryFolder) struct AccountConformance {
    @Test(arguments: StoreForm.all)
    func `an opening names its predecessors and where every channel stood`(form: StoreForm) async throws {
        let first = try await form.open()
        #expect(first.opening.predecessors.isEmpty)
        for ordinal in 1...3 { try await first.accept(ordinal, to: [Community.coa, Community.avim]) }
        for partner in [Community.avim, Community.coa] { try await first.confirm(partner) }
        try await first.accept(4, to: [Community.coa])
        let positions = try await [
            PartnerPosition(partner: Community.avim, position: first.account(with: Community.avim).issued),
            PartnerPosition(partner: Community.coa, position: first.account(with: Community.coa).issued),
        ]
        try await first.close()
        let second = try await form.open()
        let ended = PastOpening(incarnation: first.opening.incarnation, positions: positions)
        #expect(second.opening.incarnation != first.opening.incarnation)
        #expect(second.opening.predecessors == [ended])
        #expect(second.opening.claims(for: Community.nidos).map(\.last) == [.start])
        #expect(second.opening.claims(for: Community.coa).map(\.last.number) == [SequenceNumber(4)])
        try await second.accept(5, to: [Community.avim, Community.coa])
        // AVIM was not heard in this opening: of what it was given since, nothing is certain.
        try await second.confirm(Community.coa)
        let later = try await second.account(with: Community.coa).issued
        try await second.close()
        let third = try await form.open()
        #expect(
            third.opening.predecessors == [
                PastOpening(
                    incarnation: second.opening.incarnation,
                    positions: [positions[0], PartnerPosition(partner: Community.coa, position: later)]), ended,
            ])
        #expect(third.opening.claims(for: Community.coa).map(\.last.number.value) == [5, 4])
        guard case .intact = try await third.verifyAuditChain() else {
            Issue.record("the chain goes on over openings")
            return
        }
    }

    @Test(arguments: StoreForm.all)
    func `an opening names so many predecessors and no more, the newest first`(form: StoreForm) async throws {
        var past: [IncarnationID] = []
        for ordinal in 1...ProtocolLimits.tallyMaximumPredecessors + 2 {
            let ledger = try await form.open()
            #expect(
                ledger.opening.predecessors.map(\.incarnation)
                    == Array(past.reversed().prefix(ProtocolLimits.tallyMaximumPredecessors)))
            past.append(ledger.opening.incarnation)
            if ordinal == 1 { try await ledger.accept(1) }
            try await ledger.close()
        }
    }

    @Test(arguments: StoreForm.all)
    func `the last tally of a partner is kept with what it showed`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for ordinal in 1...3 { try await ledger.accept(ordinal) }
        try await ledger.receive(1, number: 1)
        let issued = try await ledger.account(with: Community.avim).issued
        let other = ChannelPosition(number: SequenceNumber(1), runningDigest: Sample.digest("other"))
        let findings =
            [
                (issued, ChannelPosition.start, .agree(at: SequenceNumber(3), behind: 0), .agree(at: .none, behind: 0)),
                (
                    .start, ChannelPosition(number: SequenceNumber(9), runningDigest: .zero),
                    .agree(at: .none, behind: 3),
                    .undecided
                ),
                (other, other, .differ(at: SequenceNumber(1)), .differ(at: SequenceNumber(1))),
                (
                    ChannelPosition(number: SequenceNumber(4), runningDigest: .zero), .start,
                    .ahead(issued: SequenceNumber(3), received: SequenceNumber(4)), .agree(at: .none, behind: 0)
                ),
            ] as [(ChannelPosition, ChannelPosition, ChannelAgreement, ChannelAgreement)]
        for (received, issuedThere, outgoing, incoming) in findings {
            let tally = Sample.tally(issued: issuedThere, received: received)
            let agreement = try await ledger.takeTally(tally, signed: [1, 2], askedAt: nil, now: Sample.now())
            #expect(agreement == PairAgreement(outgoing: outgoing, incoming: incoming))
            let partner = try #require(try await ledger.partners().first)
            #expect(partner.agreement == agreement)
            #expect(partner.lastTallyAt == Sample.start)
        }
    }

    @Test(arguments: StoreForm.all)
    func `what a partner answered and accounts for no more is found, and stands with its last tally`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        for ordinal in 1...3 { try await ledger.accept(ordinal) }
        let tally = Sample.tally(issued: .start, received: .start)
        func outgoing(isAnswer: Bool) async throws -> ChannelAgreement {
            try await ledger.takeTally(tally, signed: [1], askedAt: isAnswer ? Sample.start : nil, now: Sample.now())
                .outgoing
        }
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(2), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
        #expect(try await outgoing(isAnswer: true).isAgreed, "the next number has no answer yet")
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(1), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
        let lost = ChannelAgreement.lost(from: SequenceNumber(1), to: SequenceNumber(2))
        #expect(try await outgoing(isAnswer: false).isAgreed)
        #expect(try await outgoing(isAnswer: true) == lost)
        #expect(try await outgoing(isAnswer: false) == lost)
        #expect(try await ledger.partners().first?.agreement?.outgoing == lost)
        #expect(try await ledger.alarms(includingCleared: false).map(\.alarm.code) == [.partnerRolledBack])
    }

    @Test(arguments: StoreForm.all)
    func `one alarm of a code, partner and message is open at a time, and counts`(form: StoreForm) async throws {
        let ledger = try await form.open()
        func alarm(_ partner: OIN?, _ detail: String, after seconds: Int64 = 0) -> Alarm {
            Alarm(
                code: .partnerUnreachable, partner: partner, messageID: nil, detail: detail,
                at: Sample.start + Milliseconds.seconds(seconds))
        }
        try await ledger.raise(alarm(Community.avim, "first"))
        try await ledger.raise(alarm(Community.avim, "second", after: 9))
        try await ledger.raise(alarm(Community.coa, "other"))
        try await ledger.raise(alarm(nil, "of nobody"))
        let open = try await ledger.alarms(includingCleared: false)
        #expect(open.map(\.count) == [2, 1, 1])
        #expect(open.first?.alarm == alarm(Community.avim, "second"), "the latest detail, since the first time")
        try await ledger.clear(.partnerUnreachable, partner: Community.avim, messageID: nil, at: Sample.start)
        #expect(try await ledger.alarms(includingCleared: false).map(\.alarm.partner) == [Community.coa, nil])
        try await ledger.raise(alarm(Community.avim, "again"))
        let all = try await ledger.alarms(includingCleared: true)
        #expect(all.map(\.count) == [2, 1, 1, 1])
        #expect(all.first?.clearedAt == Sample.start)
    }

    @Test(arguments: StoreForm.all)
    func `an alarm has the case of its message, and none where it is about none or what stands for a lost one`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        let other = CaseReference(random: Bytes16(high: 2, low: 2))
        try await ledger.accept(1, in: other)
        let (sent, unknown) = (try Sample.message(1).id, try Sample.message(9).id)
        let lost = MessageSummary(
            id: try Sample.message(8).id, digest: Sample.digest("lost"), type: ChannelRecovery.lostType,
            sender: Party(oin: Community.nidos, role: .guardian), caseReference: Sample.case1, priority: .routine,
            created: Sample.start, wanted: .receipt, isHandedOver: false)
        _ = try await ledger.accept(Sample.request(lost), limits: NodeLimits(), now: Sample.now())
        for message in [sent, unknown, lost.id, nil] {
            try await ledger.raise(
                Alarm(
                    code: .deliveryRefused, partner: Community.avim, messageID: message, detail: "x", at: Sample.start))
        }
        for includingCleared in [true, false] {
            let cases = try await ledger.alarms(includingCleared: includingCleared).map(\.caseReference)
            #expect(cases == [other, nil, nil, nil])
        }
    }

    @Test(arguments: StoreForm.all)
    func `beyond so many open alarms of a partner further messages share one, and an open one keeps its own`(
        form: StoreForm
    ) async throws {
        var limits = StoreLimits()
        limits.alarmsMaximumOpen = 2
        let ledger = try await form.open(limits: limits)
        let ids = try (1...4).map { try Sample.message($0).id }
        func raise(_ id: MessageID) async throws {
            try await ledger.raise(
                Alarm(
                    code: .deliveryRefused, partner: Community.avim, messageID: id, detail: "\(id)", at: Sample.start))
        }
        for id in ids + [ids[1]] { try await raise(id) }
        let open = try await ledger.alarms(includingCleared: false)
        #expect(open.map(\.alarm.messageID) == [ids[0], ids[1], nil])
        #expect(open.map(\.count) == [1, 2, 2])
        try await ledger.close()
    }

    @Test(arguments: StoreForm.all)
    func `whoever sends much that is late at once takes no alarm of what another sent, and none twice`(
        form: StoreForm
    ) async throws {
        var limits = StoreLimits()
        limits.alarmsMaximumOpen = 2
        let ledger = try await form.open(limits: limits)
        for ordinal in 1...4 { try await ledger.receive(ordinal, number: UInt64(ordinal)) }
        try await ledger.accept(5)
        let flood = try (1...4).map { try Sample.message($0, from: Community.avim).id }
        let other = try Sample.message(5).id
        // What nobody but this organisation is late with names no partner.
        func raise(_ id: MessageID) async throws {
            try await ledger.raise(
                Alarm(code: .acknowledgementOverdue, partner: nil, messageID: id, detail: "\(id)", at: Sample.start))
        }
        for id in flood.prefix(3) + [other, other] { try await raise(id) }
        var open = try await ledger.alarms(includingCleared: false)
        #expect(open.map(\.alarm.messageID) == [flood[0], flood[1], nil, other])
        #expect(open.map(\.count) == [1, 1, 1, 2])
        // What is over leaves its place in the share of the same sender.
        try await ledger.clear(.acknowledgementOverdue, partner: nil, messageID: flood[0], at: Sample.start)
        try await raise(flood[3])
        open = try await ledger.alarms(includingCleared: false)
        #expect(open.map(\.alarm.messageID) == [flood[1], nil, other, flood[3]])
        try await raise(flood[2])
        #expect(try await ledger.alarms(includingCleared: false).map(\.count) == [1, 2, 2, 1])
    }

    @Test(arguments: StoreForm.all)
    func `alarms of two messages are kept apart, and cleared apart or all at once`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let ids = try (1...3).map { try Sample.message($0).id }
        for id in ids + [ids[1]] {
            try await ledger.raise(
                Alarm(
                    code: .deliveryRefused, partner: Community.avim, messageID: id, detail: "\(id)", at: Sample.start))
        }
        let all = try await ledger.alarms(includingCleared: false)
        #expect(all.map(\.alarm.messageID) == ids)
        #expect(all.map(\.count) == [1, 2, 1])
        #expect(all.map(\.alarm.detail) == ids.map(\.description))
        try await ledger.clear(.deliveryRefused, partner: Community.avim, messageID: ids[1], at: Sample.start)
        #expect(try await ledger.alarms(includingCleared: false).map(\.alarm.messageID) == [ids[0], ids[2]])
        try await ledger.clearAll(.deliveryRefused, partner: Community.avim, at: Sample.start)
        #expect(try await ledger.alarms(includingCleared: false).isEmpty)
    }

    @Test(arguments: StoreForm.all)
    func `what was answered is told for the newest numbers, and receipts are found by number`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        #expect(try await ledger.answeredNumbers(of: Community.avim).isEmpty)
        try await ledger.receive(1, number: 1)
        try await ledger.receive(2, number: 2, refusing: .schemaViolated)
        try await ledger.receive(3, number: 4, declared: .void)
        try await ledger.receive(4, number: 5, declared: .held)
        try await ledger.receive(5, number: 4_098)
        let answered = try await ledger.answeredNumbers(of: Community.avim)
        #expect(answered.map(\.number.value) == [4_098, 5, 4])
        #expect(answered.map(\.kind) == [.receipt, .noted, .noted])
        try await ledger.receive(5, number: 4_097)
        #expect(try await ledger.answeredNumbers(of: Community.avim).count == 4)

        for ordinal in 11...14 { try await ledger.accept(ordinal) }
        try await ledger.recordAnswers(
            [1, 3, 4].map { AnswerRecord(number: SequenceNumber($0), answer: .receipt([1]), jitter: 0) },
            from: Community.avim, now: Sample.now())
        let outcomes = [
            OutcomeRange(NumberRange(SequenceNumber(2), SequenceNumber(3)), .noted),
            OutcomeRange(NumberRange(SequenceNumber(5), SequenceNumber(.max)), .refusal),
        ]
        let tally = Sample.tally(issued: .start, received: .start, outcomes: outcomes)
        func contradicted(after span: Milliseconds) async throws -> [MessageID] {
            _ = try await ledger.takeTally(
                tally, signed: [1], askedAt: nil, now: Sample.now(Sample.start + span))
            return try await ledger.alarms(includingCleared: false).filter { $0.alarm.code == .talliesDiffer }
                .compactMap(\.alarm.messageID)
        }
        #expect(try await contradicted(after: ProtocolLimits.overtakenMaximum - Milliseconds(1)) == [])
        #expect(try await contradicted(after: ProtocolLimits.overtakenMaximum) == [Sample.message(13).id])
    }

    @Test(arguments: StoreForm.all)
    func `a receipt clears the alarms of its own message alone`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for ordinal in 1...2 {
            try await ledger.accept(ordinal)
            try await ledger.recordAnswers(
                [
                    AnswerRecord(
                        number: SequenceNumber(UInt64(ordinal)), answer: .later(.keyUnknown, detail: "key"), jitter: 1)
                ], from: Community.avim, now: Sample.now())
        }
        #expect(try await ledger.alarms(includingCleared: false).count == 2)
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(1), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
        let second = try Sample.message(2).id
        #expect(try await ledger.alarms(includingCleared: false).map(\.alarm.messageID) == [second])
        try await ledger.clearAll(.deliveryDeferred, partner: Community.avim, at: Sample.start)
        #expect(try await ledger.alarms(includingCleared: false).isEmpty)
    }

    @Test(arguments: StoreForm.all)
    func `clearing the alarm of no message leaves those of messages`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let message = try Sample.message(1).id
        for id in [message, nil] {
            try await ledger.raise(
                Alarm(
                    code: .revocationListStale, partner: Community.avim, messageID: id, detail: "stale",
                    at: Sample.start))
        }
        try await ledger.clear(.revocationListStale, partner: Community.avim, messageID: nil, at: Sample.start)
        #expect(try await ledger.alarms(includingCleared: false).map(\.alarm.messageID) == [message])
        try await ledger.clear(.revocationListStale, partner: Community.coa, messageID: message, at: Sample.start)
        #expect(try await ledger.alarms(includingCleared: false).count == 1, "another partner's")
        try await ledger.clear(.revocationListStale, partner: Community.avim, messageID: message, at: Sample.start)
        #expect(try await ledger.alarms(includingCleared: false).isEmpty)
    }

    @Test(arguments: StoreForm.all)
    func `an older directory is not taken, and neither is another of the same version, also after a restart`(
        form: StoreForm
    ) async throws {
        func mark(_ version: Int64, _ text: String) -> DirectoryMark {
            DirectoryMark(version: version, digest: Sample.digest(text))
        }
        var ledger = try await form.open()
        #expect(try await ledger.adoptDirectory(mark(7, "seven"), at: Sample.start) == .inUse)
        for _ in 1...2 {
            #expect(try await ledger.adoptDirectory(mark(6, "six"), at: Sample.start) == .older(than: 7))
            #expect(try await ledger.adoptDirectory(mark(7, "other"), at: Sample.start) == .conflict(version: 7))
            #expect(try await ledger.adoptDirectory(mark(7, "seven"), at: Sample.start) == .inUse)
            try await ledger.close()
            ledger = try await form.open()
        }
        #expect(try await ledger.adoptDirectory(mark(8, "eight"), at: Sample.start) == .inUse)
    }

    @Test(arguments: StoreForm.all)
    func `each decision leaves its leaves in a chain that verifies`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(1), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
        try await ledger.receive(1, number: 1)
        guard case .intact(leaves: 5, head: _) = try await ledger.verifyAuditChain() else {
            Issue.record("\(try await ledger.verifyAuditChain())")
            return
        }
    }

    @Test(arguments: StoreForm.all)
    func `deliveries are found by partner, message and case, the newest first`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        let other = CaseReference(random: Bytes16(high: 2, low: 2))
        try await ledger.accept(1, to: [Community.avim, Community.coa])
        try await ledger.accept(2, to: [Community.avim], in: other)
        try await ledger.accept(3, to: [Community.coa], in: other)
        func numbers(_ change: (inout DeliveryFilter) throws -> Void) async throws -> [String] {
            var filter = DeliveryFilter()
            try change(&filter)
            let names = [Community.avim: "avim", Community.coa: "coa"]
            return try await ledger.deliveries(filter).map { "\(names[$0.recipient.oin] ?? "") \($0.key.number)" }
        }
        #expect(try await numbers { _ in } == ["coa 2", "avim 2", "coa 1", "avim 1"])
        #expect(try await numbers { $0.partner = Community.coa } == ["coa 2", "coa 1"])
        #expect(try await numbers { $0.caseReference = other } == ["coa 2", "avim 2"])
        #expect(try await numbers { $0.messageID = try Sample.message(1).id } == ["coa 1", "avim 1"])
        #expect(try await numbers { $0.maximumItems = 1 } == ["coa 2"])
        #expect(
            try await numbers {
                $0.maximumItems = 1
                $0.onlyOpen = true
            } == ["avim 1"])
    }

    @Test(arguments: StoreForm.all)
    func `every reader is told after the commit, and what it has not read yet is told once`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        var (first, second) = (ledger.events.makeAsyncIterator(), ledger.events.makeAsyncIterator())
        for ordinal in 1...3 { try await ledger.accept(ordinal) }
        #expect(await first.next() == .workArrived(Community.avim))
        for ordinal in 1...3 { #expect(await first.next() == .deliveryMoved(try Sample.message(ordinal).id)) }
        try await ledger.receive(1, number: 1)
        #expect(await first.next() == .inboxChanged(try Sample.message(1, from: Community.avim).id))
        #expect(await second.next() == .workArrived(Community.avim))
        try await ledger.close()
        for _ in 1...4 { #expect(await second.next() != nil) }
        #expect(await second.next() == nil)
        #expect(await first.next() == nil)
    }
}
