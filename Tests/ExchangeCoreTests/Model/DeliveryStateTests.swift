import ExchangeCore
import Testing

/// The tables of `docs/state-machines.md`, every cell of them.
@Suite struct DeliveryStateTests {
    private static let transportEvents: [TransportEvent] = [
        .receiptVerified, .refusalVerified, .heldByOperator, .releasedByOperator, .withdrawnByPerson,
    ]

    @Test(
        arguments: [
            (.open, [.receipted, .refused, .held, nil, .withdrawn]),
            (.receipted, [nil, nil, nil, nil, nil]),
            (.refused, [.receipted, nil, nil, nil, .withdrawn]),
            (.held, [.receipted, .refused, nil, .open, .withdrawn]),
            (.withdrawn, [.receipted, nil, nil, nil, nil]),
        ] as [(TransportState, [TransportState?])])
    func `transport moves as its table says`(state: TransportState, row: [TransportState?]) {
        #expect(Self.transportEvents.map { state.after($0) } == row)
    }

    @Test(arguments: TransportState.allCases)
    func `a late receipt counts in every state but the one it leads to`(state: TransportState) {
        #expect(state.after(.receiptVerified) == (state == .receipted ? nil : .receipted))
    }

    @Test func `no transport state means given up`() {
        let names = TransportState.allCases.map(\.rawValue)
        #expect(names == ["open", "receipted", "refused", "held", "withdrawn"])
    }

    @Test(
        arguments: [
            (.none, [.owned, .declined, .concluded]), (.owned, [nil, nil, .concluded]),
            (.declined, [nil, nil, .concluded]), (.concluded, [nil, nil, nil]),
        ] as [(FollowUp, [FollowUp?])])
    func `follow-up never moves backward`(state: FollowUp, row: [FollowUp?]) {
        #expect(AcknowledgementStep.allCases.map { state.after($0) } == row)
    }

    @Test(
        arguments: [
            (.ready, [.owned, .declined, nil]), (.owned, [nil, nil, .concluded]),
            (.declined, [nil, nil, nil]), (.concluded, [nil, nil, nil]),
        ] as [(InboxState, [InboxState?])])
    func `an inbox entry is taken before it is concluded`(state: InboxState, row: [InboxState?]) {
        #expect(AcknowledgementStep.allCases.map { state.after($0) } == row)
    }

    @Test func `each step of an inbox is one that its sender can follow`() {
        for state in InboxState.allCases {
            for step in AcknowledgementStep.allCases {
                guard let next = state.after(step) else { continue }
                let seen: FollowUp = state == .ready ? .none : FollowUp(rawValue: state.rawValue) ?? .none
                #expect(seen.after(step)?.rawValue == next.rawValue)
            }
        }
    }

    @Test(arguments: [TransportState.open, .held, .refused, .withdrawn])
    func `what was never receipted does not look owned, declined or concluded`(transport: TransportState) {
        for followUp in FollowUp.allCases {
            for attempts in [0, 3] {
                let state = DeliveryState(transport: transport, attempts: attempts, followUp: followUp)
                #expect(![.receipted, .owned, .declined, .concluded].contains(state))
            }
        }
    }

    @Test func `what people see follows from transport and follow-up`() {
        let expected: [TransportState: [DeliveryState]] = [
            .open: [.sending, .sending, .sending, .sending],
            .receipted: [.receipted, .owned, .declined, .concluded],
            .held: [.held, .held, .held, .held],
            .refused: [.refused, .refused, .refused, .refused],
            .withdrawn: [.withdrawn, .withdrawn, .withdrawn, .withdrawn],
        ]
        let followUps: [FollowUp] = [.none, .owned, .declined, .concluded]
        for transport in TransportState.allCases {
            let row = followUps.map { DeliveryState(transport: transport, attempts: 3, followUp: $0) }
            #expect(row == expected[transport])
        }
        for followUp in FollowUp.allCases {
            #expect(DeliveryState(transport: .open, attempts: 0, followUp: followUp) == .accepted)
        }
    }
}
