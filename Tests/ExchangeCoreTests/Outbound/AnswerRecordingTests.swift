import ExchangeCore
import Testing

@Suite struct AnswerRecordingTests {
    private static let key = DeliveryKey(partner: Sample.avim, number: SequenceNumber(4))

    private static func decide(
        _ answer: VerifiedAnswer, in transport: TransportState, attempts: Int = 0, jitter: UInt64 = 0
    ) -> [LedgerChange] {
        AnswerRecording.decide(
            answer, for: key,
            facts: DeliveryFacts(
                message: Sample.summary(), recipient: Sample.police, transport: transport, attempts: attempts),
            jitter: jitter, now: Sample.now)
    }

    private static func alarms(_ changes: [LedgerChange]) -> [AlarmCode] {
        changes.compactMap { if case .raiseAlarm(let alarm) = $0 { alarm.code } else { nil } }
    }

    @Test(arguments: [TransportState.open, .refused, .held, .withdrawn])
    func `a late receipt counts, in whatever state the delivery is`(state: TransportState) {
        let changes = Self.decide(.receipt([1, 2]), in: state)
        #expect(
            changes.first
                == .moveTransport(
                    of: Self.key, to: .receipted, proof: [1, 2], detail: "", at: Sample.wall))
        let leaves = changes.compactMap { if case .appendLeaf(let leaf) = $0 { leaf.kind } else { nil } }
        #expect(leaves == [.receiptRecorded])
    }

    @Test func `a receipt ends the alarms about its delivery, and no others`() {
        let cleared = Self.decide(.receipt([1]), in: .refused).compactMap { change -> AlarmCode? in
            guard case .clearAlarm(let code, Sample.avim, let id) = change, id == Sample.summary().id else {
                return nil
            }
            return code
        }
        #expect(
            cleared == [
                .deliveryDeferred, .deliveryRefused, .recipientNotTrusted, .storedMessageUnreadable,
                .revocationListStale, .receiptInvalid, .acknowledgementWithoutReceipt,
            ])
    }

    @Test func `a repeated receipt changes nothing`() {
        #expect(Self.decide(.receipt([1]), in: .receipted).isEmpty)
    }

    @Test func `a refusal is kept with its proof, and is an alarm for somebody`() {
        let changes = Self.decide(.refusal(.schemaViolated, detail: "body.location", [9]), in: .open)
        #expect(
            changes.first
                == .moveTransport(
                    of: Self.key, to: .refused, proof: [9], detail: "schema-violated: body.location",
                    at: Sample.wall))
        #expect(Self.alarms(changes) == [.deliveryRefused])
    }

    @Test func `a code without words stands alone`() {
        let changes = Self.decide(.refusal(.schemaViolated, detail: "", [9]), in: .open)
        guard case .moveTransport(_, _, _, detail: "schema-violated", _) = changes.first,
            case .raiseAlarm(let alarm) = changes.last
        else {
            Issue.record("\(changes)")
            return
        }
        #expect(alarm.detail.hasPrefix("schema-violated. Correct it"), "\(alarm.detail)")
    }

    @Test(arguments: [TransportState.receipted, .refused])
    func `a refusal never takes back what was settled`(state: TransportState) {
        #expect(Self.decide(.refusal(.codeUnknown, detail: "", [9]), in: state).isEmpty)
    }

    @Test func `later puts the delivery off, within the bounds of back-off, and tells an operator why`() {
        let changes = Self.decide(.later(.keyUnknown, detail: "no key"), in: .open, attempts: 2, jitter: 3_999)
        #expect(
            changes.first
                == .deferDelivery(
                    Self.key, until: Sample.wall + Milliseconds(3_999), detail: "key-unknown: no key",
                    isAttempt: true))
        #expect(Self.alarms(changes) == [.deliveryDeferred])
    }

    @Test func `a refusal of a withdrawn message answers its declaration, and reopens nothing`() {
        #expect(Self.decide(.refusal(.codeUnknown, detail: "", [9]), in: .withdrawn) == [.endDeclaration(of: Self.key)])
    }

    @Test(arguments: [TransportState.held, .withdrawn])
    func `a declaration that the partner cannot take is put off, and is no alarm`(state: TransportState) {
        let answers: [(VerifiedAnswer, Milliseconds, Bool)] = [
            (.later(.storageUnavailable, detail: "disk"), Milliseconds(3_999), true),
            (
                .notSent(.recipientNotTrusted, detail: "expired", retryAfter: Milliseconds(700)), Milliseconds(700),
                false
            ),
        ]
        for (answer, wait, isAttempt) in answers {
            let changes = Self.decide(answer, in: state, attempts: 2, jitter: 3_999)
            guard case .deferDelivery(Self.key, let until, _, isAttempt) = changes.first, changes.count == 1 else {
                Issue.record("\(answer): \(changes)")
                continue
            }
            #expect(until == Sample.wall + wait)
        }
        let invalid = Self.decide(.invalid(reason: "forged"), in: state, attempts: 2, jitter: 3_999)
        guard case .deferDelivery(Self.key, Sample.wall + Milliseconds(3_999), _, true) = invalid.first else {
            Issue.record("\(invalid)")
            return
        }
        #expect(Self.alarms(invalid) == [.receiptInvalid])
    }

    @Test(arguments: TransportState.allCases)
    func `noted ends the declaration that is in force, and no other`(state: TransportState) {
        let ended: [LedgerChange] = [.endDeclaration(of: Self.key)]
        #expect(Self.decide(.noted(as: .held), in: state) == (state == .held ? ended : []))
        #expect(Self.decide(.noted(as: .void), in: state) == (state == .withdrawn ? ended : []))
    }

    @Test(arguments: [TransportState.receipted, .refused])
    func `later about a delivery that waits for nothing changes nothing`(state: TransportState) {
        #expect(Self.decide(.later(.storageUnavailable, detail: ""), in: state).isEmpty)
    }

    @Test func `what was never sent is put off without counting an attempt, under the alarm that says why`() {
        let changes = Self.decide(
            .notSent(.recipientNotTrusted, detail: "expired", retryAfter: Milliseconds(700)), in: .open)
        #expect(
            changes.first
                == .deferDelivery(
                    Self.key, until: Sample.wall + Milliseconds(700), detail: "recipient-not-trusted: expired",
                    isAttempt: false))
        #expect(Self.alarms(changes) == [.recipientNotTrusted])
    }

    @Test func `an invalid proof counts for nothing, is an alarm, and the delivery is sent again`() {
        let open = Self.decide(.invalid(reason: "signed by another organisation"), in: .open)
        #expect(
            open.first
                == .deferDelivery(
                    Self.key, until: Sample.wall, detail: "receipt-invalid: signed by another organisation",
                    isAttempt: true))
        #expect(Self.alarms(open) == [.receiptInvalid])
        let settled = Self.decide(.invalid(reason: "forged"), in: .receipted)
        #expect(settled.count == 1)
        #expect(Self.alarms(settled) == [.receiptInvalid])
    }
}
