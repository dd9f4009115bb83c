import ExchangeCore
import ExchangeTesting

/// Who has been told: each message that was sent, and how far each of its recipients is.
actor Board {
    /// One row of the matrix.
    struct Entry: Sendable {
        let message: ScriptedMessage
        let id: MessageID
        let caseReference: CaseReference
        fileprivate(set) var deliveries: [Cast: DeliveryRow]

        func delivery(to recipient: Cast) -> DeliveryRow? { deliveries[recipient] }

        /// Told, and owned and concluded or declined, as far as the type asks for it.
        var isSettled: Bool { deliveries.values.allSatisfy { $0.isReceipted && $0.isFollowedUp } }
        var untold: [Cast] { Cast.allCases.filter { deliveries[$0].map { !$0.isReceipted } ?? false } }
    }

    /// What happened to one message since the last look.
    struct Progress: Sendable {
        let entry: Entry
        let number: Int
        let told: [Cast]
        let owned: [Cast]
        let declined: [Cast]
        let concluded: [Cast]
    }

    /// In the order in which they were sent.
    private(set) var entries: [Entry] = []
    /// Whom the ladder of the own node has told of a message that nobody had taken.
    private var awake: [Cast: Set<MessageLabel>] = [:]
    private var waiting: [Int: (isMet: @Sendable ([Entry]) -> Bool, met: Latch<Void>)] = [:]
    private var lastWaiter = 0

    /// - Parameter deliveries: as the sender's node made them.
    /// - Returns: the number of the message's row, from 1.
    func add(
        _ message: ScriptedMessage, _ id: MessageID, in reference: CaseReference, _ deliveries: [Cast: DeliveryRow]
    ) -> Int {
        entries.append(Entry(message: message, id: id, caseReference: reference, deliveries: deliveries))
        return entries.count
    }

    func entry(_ label: MessageLabel) -> Entry? { entries.first { $0.message.label == label } }

    /// The label of a message, for who has received it.
    func label(of id: MessageID) -> MessageLabel? { entries.first { $0.id == id }?.message.label }

    var state: [MessageLabel: MessageID] {
        Dictionary(entries.map { ($0.message.label, $0.id) }, uniquingKeysWith: { first, _ in first })
    }

    var caseReferences: [MessageLabel: CaseReference] {
        Dictionary(entries.map { ($0.message.label, $0.caseReference) }, uniquingKeysWith: { first, _ in first })
    }

    /// What this organisation sent and is still to be told, owned or concluded.
    func unsettled(from sender: Cast) -> [MessageID] {
        entries.filter { $0.message.sender == sender && !$0.isSettled }.map(\.id)
    }

    func wake(_ cast: Cast, for label: MessageLabel) { awake[cast, default: []].insert(label) }
    func isAwake(_ cast: Cast, for label: MessageLabel) -> Bool { awake[cast]?.contains(label) ?? false }

    /// What is new in what a sender's node shows now. It is to be told, and then taken with ``take(_:)``: who waits for it
    /// goes on when it was told, and not before.
    func progress(in rows: [MessageID: [Cast: DeliveryRow]]) -> [Progress] {
        var progress: [Progress] = []
        for (index, known) in entries.enumerated() {
            guard let now = rows[known.id], now != known.deliveries else { continue }
            let before = known.deliveries
            var entry = known
            entry.deliveries = now
            func became(_ holds: (DeliveryRow) -> Bool) -> [Cast] {
                Cast.allCases.filter { cast in now[cast].map(holds) ?? false && !(before[cast].map(holds) ?? false) }
            }
            progress.append(
                Progress(
                    entry: entry, number: index + 1, told: became(\.isReceipted),
                    owned: became { $0.followUp == .owned || $0.followUp == .concluded },
                    declined: became { $0.followUp == .declined }, concluded: became { $0.followUp == .concluded }))
        }
        return progress
    }

    /// Each entry is of one sender, at which one watch looks: nothing else has come in between.
    func take(_ progress: Progress) {
        entries[progress.number - 1].deliveries = progress.entry.deliveries
        let met = waiting.filter { $0.value.isMet(entries) }
        for (waiter, wait) in met {
            waiting[waiter] = nil
            wait.met.settle(())
        }
    }

    /// Returns when the condition holds.
    ///
    /// - Parameter what: what is waited for, for the error.
    /// - Throws: `DeadlineExceeded`.
    func wait(
        for what: String, within span: Milliseconds = .seconds(30), until isMet: @escaping @Sendable ([Entry]) -> Bool
    ) async throws {
        guard !isMet(entries) else { return }
        let met = Latch<Void>()
        lastWaiter += 1
        waiting[lastWaiter] = (isMet, met)
        try await ExchangeTesting.within(span, what) { try await met.wait() }
    }
}
