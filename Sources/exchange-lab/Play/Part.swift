import ExchangeCore
import ExchangeTesting

/// What the nodes are used for between their start and the verdict.
protocol Part: Sendable {
    func run() async throws
    /// Adds what only this part can judge, and shows what only it can show.
    func conclude(_ verdict: inout Verdict) async

    /// How long it may take until everything that was sent is receipted and compared.
    var settlementMaximum: Milliseconds { get }
    /// Whether people answer, so that L2 and L3 must be there.
    var demandsFollowUp: Bool { get }
    /// How many of a node's deliveries are looked at one by one, and their receipts verified with `openssl`.
    var deliveriesMaximumPerNode: Int { get }
}

/// A scenario that is played, with the matrix in the end.
struct ScenarioPart: Part {
    let settlementMaximum = Milliseconds.seconds(20)
    let demandsFollowUp = true
    let deliveriesMaximumPerNode = 10_000

    private let scenario: Scenario
    private let casting: Casting
    private let terminal: Terminal
    private let board = Board()

    init(scenario: Scenario, casting: Casting, terminal: Terminal) {
        self.scenario = scenario
        self.casting = casting
        self.terminal = terminal
    }

    func run() async throws {
        let narrator = Narrator(terminal, policy: scenario.answers)
        try await Play(scenario: scenario, casting: casting, board: board, narrator: narrator).run()
        await terminal.clearStatus()
    }

    func conclude(_ verdict: inout Verdict) async {
        let entries = await board.entries
        verdict.judge(entries, against: scenario)
        await terminal.line()
        for line in Matrix(entries: entries, palette: terminal.palette).lines { await terminal.line(line) }
    }
}
