import ExchangeCore
import Testing

@Suite struct InterventionTests {
    private static let key = DeliveryKey(partner: Sample.avim, number: SequenceNumber(4))

    private static func decide(
        _ event: TransportEvent, in transport: TransportState, reason: String = "a reason"
    ) -> [LedgerChange]? {
        Intervention.decide(
            event, reason: reason, for: key,
            facts: DeliveryFacts(
                message: Sample.summary(), recipient: Sample.police, transport: transport, attempts: 1),
            by: .user(1004), at: Sample.wall)
    }

    private static func leaf(_ state: TransportState) -> LedgerChange {
        .appendLeaf(
            AuditLeaf(
                .deliveryMoved, at: Sample.wall, messageID: Sample.summary().id, partner: key.partner,
                number: key.number, digest: Sample.summary().digest, note: "\(state.rawValue) unix:1004"))
    }

    @Test(arguments: [
        (TransportEvent.heldByOperator, TransportState.open, TransportState.held),
        (.withdrawnByPerson, .open, .withdrawn), (.withdrawnByPerson, .held, .withdrawn),
    ])
    func `what is held or withdrawn is declared to the partner with its reason`(
        event: TransportEvent, before: TransportState, after: TransportState
    ) {
        #expect(
            Self.decide(event, in: before) == [
                .declare(Self.key, as: after, reason: "a reason", isToBeTold: true), Self.leaf(after),
            ] + (after == .withdrawn ? Self.over : []))
    }

    /// What was said of a delivery that is withdrawn concerns nobody any more.
    private static let over: [LedgerChange] = [
        AlarmCode.deliveryDeferred, .deliveryRefused, .recipientNotTrusted, .storedMessageUnreadable,
        .revocationListStale, .receiptInvalid,
    ].map { .clearAlarm($0, partner: key.partner, messageID: Sample.summary().id) }

    @Test func `what is released is sent`() {
        #expect(
            Self.decide(.releasedByOperator, in: .held, reason: "") == [
                .declare(Self.key, as: .open, reason: "", isToBeTold: true), Self.leaf(.open),
            ])
    }

    @Test func `a refused message that is withdrawn is declared to nobody, and its alarms end`() {
        #expect(
            Self.decide(.withdrawnByPerson, in: .refused) == [
                .declare(Self.key, as: .withdrawn, reason: "a reason", isToBeTold: false), Self.leaf(.withdrawn),
            ] + Self.over)
    }

    @Test(arguments: [
        (TransportEvent.heldByOperator, [TransportState.receipted, .refused, .held, .withdrawn]),
        (.releasedByOperator, [.open, .receipted, .refused, .withdrawn]),
        (.withdrawnByPerson, [.receipted, .withdrawn]),
    ])
    func `a state that does not allow it stays as it is`(event: TransportEvent, states: [TransportState]) {
        for state in states { #expect(Self.decide(event, in: state) == nil, "\(state)") }
    }
}
