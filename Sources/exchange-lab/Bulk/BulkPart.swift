import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange

/// Many submissions from one node, as fast as it takes them, until each has its receipts.
struct BulkPart: Part {
    /// How often the node is asked how far the receipts are; it has no signal for all of them.
    private static let interval = Milliseconds(250)
    /// How often a line tells it where the output is no terminal.
    private static let lineInterval = Milliseconds.seconds(5)

    let settlementMaximum = Milliseconds.minutes(2)
    let demandsFollowUp = false
    let deliveriesMaximumPerNode = 100

    private let input: BulkInput
    private let casting: Casting
    private let terminal: Terminal

    init(input: BulkInput, casting: Casting, terminal: Terminal) {
        self.input = input
        self.casting = casting
        self.terminal = terminal
    }

    func run() async throws {
        let submissions = try input.countLines()
        let sender = casting[input.sender]
        await terminal.event(
            "\(sender.member.name) sends \(submissions) submissions of \(input.file.lastPathComponent)")
        let progress = BulkProgress(submissions: submissions)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try await BulkSending(client: sender.api.client).send(
                    try input.lines(), keyPrefix: "bulk", accepted: { _, _ in progress.accept() })
                progress.endInput()
            }
            group.addTask { try await show(progress, of: sender.api) }
            for try await () in group {}
        }
    }

    func conclude(_ verdict: inout Verdict) async {}

    /// Returns when every delivery is answered.
    private func show(_ progress: BulkProgress, of api: NodeAPI) async throws {
        var lastLine = Milliseconds.zero
        while true {
            let partners = try await api.partners()
            let state = progress.state(
                deliveries: partners.reduce(0) { $0 + $1.issued }, open: partners.reduce(0) { $0 + $1.open })
            await terminal.show(status: state.line)
            if state.isOver || (!terminal.isInteractive && state.elapsed - lastLine >= Self.lineInterval) {
                await terminal.clearStatus()
                await terminal.event(state.line)
                lastLine = state.elapsed
            }
            if state.isOver { return }
            try await pass(Self.interval)
        }
    }
}
