import ExchangeCMS
import ExchangeCore
import ExchangeStore
import SignalExchange
import Synchronization

/// What partners ask of each other.
enum PeerRequest: Sendable {
    case tally([UInt8])
    case batch([UInt8])
    case refill([UInt8])
}

/// One run of a node's program, from its start to its end: the real parts, on a simulated disk, clock and network.
final class SimulatedProcess: Sendable {
    let seat: Int
    let context: NodeContext
    let submitting: Submitting
    let steps: InboxSteps
    private let receiving: Receiving
    private let tallies: TallyExchange
    private let refilling: Refilling
    private let links: PartnerLinks
    private let escalating: Escalating
    private let loop: SimulationLoop
    private let running = Mutex(true)
    private let looks = Mutex<Task<Void, Never>?>(nil)

    /// As an operator may set them. Where a node stays dead, all others wait until they have an alarm of it: with the five
    /// minutes that are the default, half of what a run does is the tallies of that wait.
    private static let limits = {
        var limits = NodeLimits()
        limits.unreachableAlarmAfter = .minutes(1)
        return limits
    }()

    /// A ladder is over within a run, and what people do comes before it, between its steps and after it.
    package static let clocks = EscalationPolicy.Clocks(
        receipt: .elapsed(.seconds(10)), receiptAlarm: .elapsed(.seconds(20)), ownership: .elapsed(.seconds(10)),
        outcome: .elapsed(.seconds(20)), deputy: .elapsed(.seconds(5)), management: .elapsed(.seconds(10)))

    private static let escalation = {
        var settings = EscalationSettings()
        (settings.policy.stat, settings.policy.asap) = (clocks, clocks)
        (settings.policy.urgent, settings.policy.routine) = (clocks, clocks)
        return settings
    }()

    /// Opens the store and begins to work, as `ExchangeNode` does.
    ///
    /// - Parameters:
    ///   - connect: how a partner is reached from here.
    ///   - onStop: told when the node ends by itself, because its store cannot be trusted any more.
    static func start(
        _ seat: Int, keys: NodeKeys, community: Community, disk: MemoryDisk, clock: NodeClock, ids: Lots,
        loop: SimulationLoop, connect: @escaping @Sendable (SimulatedProcess.Handle, OIN) -> any PartnerConnection,
        onStop: @escaping @Sendable () -> Void
    ) async throws -> SimulatedProcess {
        let check = ArchiveKeyCheck(fresh: try keys.archive.makeCheck()) { _ = try keys.archive.open($0) }
        let ledger = try await MemoryLedger.open(
            on: disk, digest: sha256, random: { ids.bytes($0) }, now: clock.now, archiveKey: check)
        let oin = try own(keys)
        let context = NodeContext(
            oin: oin, keys: keys, limits: limits, ledger: ledger,
            communityHolder: CommunityHolder(standing: community, own: oin, now: clock.now), clock: clock,
            randomness: NodeRandomness(next: ids.word), executor: loop, logger: SimulatedCommunity.silent)
        try await context.adoptDirectory()
        let process = SimulatedProcess(seat, context, loop: loop, connect: connect)
        process.begin(ledger.events, onStop: onStop)
        return process
    }

    private static func own(_ keys: NodeKeys) throws -> OIN {
        guard let oin = keys.signing.certificate.oin else {
            throw NodeError(.certificateUnusable, "a signing certificate names its organisation")
        }
        return oin
    }

    /// Names a process to its connections, which are made while it is.
    final class Handle: Sendable {
        private let process = Mutex<WeakProcess?>(nil)
        private struct WeakProcess: Sendable { weak var process: SimulatedProcess? }

        fileprivate func set(_ made: SimulatedProcess) { process.withLock { $0 = WeakProcess(process: made) } }
        /// Whether the process runs.
        var isRunning: Bool { process.withLock { $0?.process?.isRunning ?? false } }
    }

    private init(
        _ seat: Int, _ context: NodeContext, loop: SimulationLoop,
        connect: @escaping @Sendable (Handle, OIN) -> any PartnerConnection
    ) {
        self.seat = seat
        self.context = context
        self.loop = loop
        let handle = Handle()
        links = PartnerLinks(context) { connect(handle, $0) }
        submitting = Submitting(context)
        steps = InboxSteps(context, submitting: submitting)
        receiving = Receiving(context)
        tallies = TallyExchange(context)
        refilling = Refilling(context)
        escalating = Escalating(NodeObligations(context, settings: Self.escalation))
        handle.set(self)
    }

    private func begin(_ events: AsyncStream<LedgerEvent>, onStop: @escaping @Sendable () -> Void) {
        let pump = LedgerPump(context, links: links, changes: ChangeBell())
        let escalating = escalating
        let looking = loop.begin { await escalating.work() }
        looks.withLock { $0 = looking }
        loop.begin {
            await pump.begin()
            do {
                for await event in events { try await pump.carry(event) }
            } catch {
                onStop()
            }
        }
    }

    /// Has it go on by another directory, as it does where its folder has a new one.
    func take(_ community: Community) {
        let holder = context.communityHolder
        guard holder.last.directory.version < community.directory.version else { return }
        holder.replace(by: community, now: context.now)
    }

    /// Whether it was not ended yet. One that was ended may still have tasks, which nobody hears any more.
    var isRunning: Bool { running.withLock(\.self) }

    /// Answers a partner, as `PeerServer` does.
    func answer(_ request: PeerRequest, from peer: OIN) async throws -> [UInt8] {
        links.signal(.signOfLife, to: peer)
        do {
            switch request {
            case .batch(let body): return try await receiving.receive(body, from: peer)
            case .refill(let body): return try await refilling.answer(body, from: peer)
            case .tally(let signed):
                try await tallies.take(signed, from: peer, askedAt: nil)
                return try await tallies.make(for: peer)
            }
        } catch let error as RequestError {
            if let code = error.alarm {
                try await context.ledger.raise(
                    Alarm(code: code, partner: peer, messageID: nil, detail: error.detail, at: context.now.wall))
            }
            throw error
        }
    }

    /// Ends it without a word, as a power cut does. What it still has under way writes nothing and is heard by nobody.
    func end() {
        running.withLock { $0 = false }
        looks.withLock { $0?.cancel() }
        let (links, ledger) = (links, context.ledger)
        loop.begin {
            await links.stop(grace: .zero)
            // Ends the stream of events.
            try? await ledger.close()
        }
    }
}
