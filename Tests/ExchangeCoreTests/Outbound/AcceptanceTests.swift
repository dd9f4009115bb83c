import ExchangeCore
import Testing

@Suite struct AcceptanceTests {
    private static let item = Sample.item(1)

    private static func request(
        priority: Priority = .asap, claim: IdempotencyClaim? = nil, step: InboxStep? = nil, envelopeBytes: Int = 10
    ) -> AcceptanceRequest {
        AcceptanceRequest(
            message: Sample.summary(item, priority: priority), envelope: [UInt8](repeating: 7, count: envelopeBytes),
            recipients: [Sample.police, Party(oin: Sample.oin("00000099000000003000"), role: .immigration)],
            claim: claim, inboxStep: step, requester: .user(1004))
    }

    private static func facts(
        claimed: (message: MessageID, submission: Digest)? = nil, isIDTaken: Bool = false,
        backlogs: [Backlog] = [.empty, .empty], inboxState: InboxState? = nil
    ) -> AcceptanceFacts {
        AcceptanceFacts(claimed: claimed, isIDTaken: isIDTaken, backlogs: backlogs, inbox: inboxState.map(standing))
    }

    private static func standing(_ state: InboxState) -> InboxStanding {
        InboxStanding(state: state, role: "", movedAt: nil)
    }

    private static func decide(
        _ request: AcceptanceRequest, _ facts: AcceptanceFacts, limits: NodeLimits = NodeLimits()
    ) -> AcceptanceDecision {
        Acceptance.decide(request, facts: facts, limits: limits, now: Sample.now)
    }

    private static func claim(_ byte: UInt8) throws -> IdempotencyClaim {
        try #require(IdempotencyClaim(key: "key-1", submissionDigest: Sample.digest(byte)))
    }

    @Test func `an accepted message is kept once and opens a delivery for each recipient, with its leaves`() throws {
        let claim = try Self.claim(1)
        let request = Self.request(claim: claim)
        guard case .accept(let changes) = Self.decide(request, Self.facts()) else {
            Issue.record("not accepted")
            return
        }
        let deliveries = changes.compactMap { if case .openDelivery(_, let party) = $0 { party } else { nil } }
        #expect(deliveries == request.recipients)
        #expect(changes.contains(.keepMessage(request.message, envelope: request.envelope, isOutgoing: true)))
        #expect(changes.contains(.claimIdempotencyKey(claim, request.message.id)))
        let kinds = changes.compactMap { if case .appendLeaf(let leaf) = $0 { leaf.kind } else { nil } }
        #expect(kinds == [.messageAccepted, .deliveryOpened, .deliveryOpened])
        #expect(changes.contains(.noteActor(.user(1004), of: request.message.id, step: nil)))
        let notes = changes.compactMap { if case .appendLeaf(let leaf) = $0 { leaf.note } else { nil } }
        #expect(notes.first == "\(request.message.type) unix:1004")
        #expect(changes.count == 8)
    }

    @Test func `the same submission under the same key is the same message`() throws {
        let claim = try Self.claim(1)
        let earlier = Sample.message(77)
        let facts = Self.facts(claimed: (earlier, Sample.digest(1)))
        #expect(Self.decide(Self.request(claim: claim), facts) == .repeat(earlier))
    }

    @Test func `the same submission is repeated also where the queue is full by now`() throws {
        let claim = try Self.claim(1)
        let full = Backlog(items: .max, bytes: .max)
        let facts = Self.facts(
            claimed: (Self.item.messageID, Sample.digest(1)), isIDTaken: true, backlogs: [full, full])
        #expect(Self.decide(Self.request(claim: claim), facts) == .repeat(Self.item.messageID))
    }

    @Test func `another submission under the same key is a conflict`() throws {
        let earlier = Sample.message(77)
        let facts = Self.facts(claimed: (earlier, Sample.digest(2)))
        #expect(Self.decide(Self.request(claim: try Self.claim(1)), facts) == .refuse(.keyConflict(earlier)))
    }

    @Test func `an id is given once`() {
        #expect(Self.decide(Self.request(), Self.facts(isIDTaken: true)) == .refuse(.messageIDTaken))
    }

    @Test func `a full queue refuses at once and names the partner`() {
        var limits = NodeLimits()
        limits.queueMaximumItemsPerPartner = 100
        let facts = { Self.facts(backlogs: [.empty, Backlog(items: $0, bytes: 0)]) }
        let partner = Sample.oin("00000099000000003000")
        #expect(Self.decide(Self.request(), facts(90), limits: limits) == .refuse(.queueFull(partner)))
        guard case .accept = Self.decide(Self.request(), facts(89), limits: limits) else {
            Issue.record("89 of 100 leave room")
            return
        }
    }

    @Test func `the reserve is for stat and for acknowledgements, and has an end`() {
        var limits = NodeLimits()
        limits.queueMaximumItemsPerPartner = 100
        let step = InboxStep(messageID: Sample.message(5), step: .owned, role: "duty")
        let facts = { Self.facts(backlogs: [.empty, Backlog(items: $0, bytes: 0)], inboxState: .ready) }
        for request in [Self.request(priority: .stat), Self.request(priority: .routine, step: step)] {
            guard case .accept = Self.decide(request, facts(99), limits: limits) else {
                Issue.record("the reserve is for \(request.message.priority)")
                continue
            }
            #expect(
                Self.decide(request, facts(100), limits: limits)
                    == .refuse(.queueFull(Sample.oin("00000099000000003000"))))
        }
        for priority in [Priority.routine, .urgent, .asap] {
            #expect(
                Self.decide(Self.request(priority: priority), facts(95), limits: limits)
                    == .refuse(.queueFull(Sample.oin("00000099000000003000"))))
        }
    }

    @Test func `a queue is bounded in bytes too, the new envelope included`() {
        var limits = NodeLimits()
        limits.queueMaximumBytesPerPartner = 1_000
        let facts = Self.facts(backlogs: [Backlog(items: 1, bytes: 800), .empty])
        guard case .accept = Self.decide(Self.request(envelopeBytes: 100), facts, limits: limits) else {
            Issue.record("900 of 900 fit")
            return
        }
        #expect(
            Self.decide(Self.request(envelopeBytes: 101), facts, limits: limits)
                == .refuse(.queueFull(Sample.avim)))
    }

    @Test func `an acknowledgement moves our inbox in the same transaction`() {
        let step = InboxStep(messageID: Sample.message(5), step: .owned, role: "duty officer")
        guard case .accept(let changes) = Self.decide(Self.request(step: step), Self.facts(inboxState: .ready)) else {
            Issue.record("not accepted")
            return
        }
        #expect(changes.first == .moveInbox(step.messageID, to: .owned, role: "duty officer", at: Sample.now.wall))
        let notes = changes.compactMap { change -> String? in
            if case .appendLeaf(let leaf) = change, leaf.kind == .inboxMoved { leaf.note } else { nil }
        }
        #expect(notes == ["owned unix:1004"])
        #expect(changes.contains(.noteActor(.user(1004), of: Self.item.messageID, step: step.messageID)))
    }

    @Test func `an acknowledgement of what is not here, or of what cannot move so, is refused`() {
        let step = InboxStep(messageID: Sample.message(5), step: .concluded, role: "duty")
        #expect(Self.decide(Self.request(step: step), Self.facts()) == .refuse(.notInInbox(step.messageID)))
        #expect(
            Self.decide(Self.request(step: step), Self.facts(inboxState: .ready))
                == .refuse(.inboxStepNotPossible(from: Self.standing(.ready))))
    }
}
