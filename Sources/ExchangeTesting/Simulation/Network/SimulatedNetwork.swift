import ExchangeCore
import SignalExchange
import Synchronization

/// The network between simulated nodes: it loses, repeats, delays and keeps back requests and answers, and parts nodes.
final class SimulatedNetwork: Sendable {
    /// From one seat to another.
    struct Path: Hashable, Sendable {
        let from: Int
        let to: Int
        var back: Path { Path(from: to, to: from) }
    }

    private struct State {
        /// Until when nothing gets through; the caller may notice at once, or not at all.
        var cut: [Path: MonotonicTime] = [:]
        /// Until when what travels waits.
        var clogged: [Path: MonotonicTime] = [:]
        var isFaulty = true
        var exchanges = 0
        /// The last request that arrived of each path.
        var arrived: [Path: Int] = [:]
    }

    private let world: SimulationWorld
    private let lots: Lots
    private let state = Mutex(State())
    /// By their seats; a seat without one is that of a partner who is not there.
    private let nodes = Mutex<[Int: SimulatedNode]>([:])

    init(_ world: SimulationWorld) {
        self.world = world
        lots = world.lots("network")
    }

    /// Lets a node be called.
    func attach(_ node: SimulatedNode) { nodes.withLock { $0[node.seat] = node } }

    private func node(_ seat: Int) -> SimulatedNode? { nodes.withLock { $0[seat] } }

    /// Nothing goes wrong any more, but for who is dead.
    func heal() {
        state.withLock { state in
            state.isFaulty = false
            state.cut = [:]
            state.clogged = [:]
        }
    }

    func part(_ paths: [Path], until moment: MonotonicTime) {
        state.withLock { state in for path in paths { state.cut[path] = moment } }
    }

    func clog(_ path: Path, until moment: MonotonicTime) { state.withLock { $0.clogged[path] = moment } }

    /// Sends a request, and waits for its answer.
    ///
    /// - Parameter sender: the node that asks; `nil` of a partner that has none.
    /// - Throws: ``NodeError`` `partner-unreachable`, as the real client does, after the time that it takes to find out.
    func ask(_ request: PeerRequest, on path: Path, by sender: SimulatedNode?) async throws -> [UInt8] {
        let number = state.withLock { state in
            state.exchanges += 1
            return state.exchanges
        }
        let reading = world.witness.sees(request, on: path, store: sender?.disk.durable)
        let exchange = Exchange(
            number: number, request: request, reading: reading, path: path, isOfClone: sender?.isClone ?? false,
            reply: Reply())
        world.note("\(name(exchange)) asks")
        let timer = world.loop.call(in: ProtocolLimits.requestTimeout) {
            exchange.fail("no whole answer within \(ProtocolLimits.requestTimeout.count) ms")
        }
        send(exchange)
        defer { world.loop.cancel(timer) }
        return try await withTaskCancellationHandler {
            try await exchange.reply.value
        } onCancel: {
            exchange.reply.settle(.failure(CancellationError()))
        }
    }

    private struct Exchange: Sendable {
        let number: Int
        let request: PeerRequest
        let reading: Witness.Reading
        let path: Path
        let isOfClone: Bool
        let reply: Reply<[UInt8]>

        func fail(_ cause: String) {
            reply.settle(.failure(NodeError(.partnerUnreachable, "no answer", cause: cause)))
        }
    }

    private func name(_ exchange: Exchange) -> String {
        let kind =
            switch exchange.request {
            case .batch: "batch"
            case .tally: "tally"
            case .refill: "refill"
            }
        let caller = exchange.isOfClone ? "clone of \(exchange.path.from)" : "\(exchange.path.from)"
        return "#\(exchange.number) \(kind) \(caller)>\(exchange.path.to)"
    }

    private var isFaulty: Bool { state.withLock(\.isFaulty) }

    private func send(_ exchange: Exchange) {
        let path = exchange.path
        guard !isCut(path) else { return refuseOrSwallow(exchange) }
        let plan = world.plan
        let (isLost, copies) = lots.draw { random in
            guard isFaulty else { return (false, 1) }
            let isLost = plan.has(.requestLost) && random.chance(plan.lossPercent)
            return (isLost, plan.has(.duplication) && random.chance(plan.duplicationPercent) ? 2 : 1)
        }
        if isLost {
            world.count(.requestLost)
            world.note("\(name(exchange)) is lost")
            return
        }
        for copy in 1...copies {
            var travel = travelTime(of: exchange, on: path)
            if copy > 1 {
                world.count(.requestDuplicated)
                travel = travel + lots.draw { $0.span(1...60_000) }
            }
            world.loop.call(in: travel) { self.arrive(exchange, copy: copy) }
        }
    }

    private func isCut(_ path: Path) -> Bool {
        let now = world.loop.now
        let (isCut, isBackCut) = state.withLock { state in
            ((state.cut[path] ?? now) > now, (state.cut[path.back] ?? now) > now)
        }
        if isCut { world.count(isBackCut ? .partedBothWays : .partedOneWay) }
        return isCut
    }

    /// A router that says that there is no way, or one that says nothing.
    private func refuseOrSwallow(_ exchange: Exchange) {
        world.note("\(name(exchange)) finds no way")
        let (isRefused, wait) = lots.draw { ($0.chance(50), $0.span(1...3_000)) }
        if isRefused { world.loop.call(in: wait) { exchange.fail("no route") } }
    }

    private func travelTime(of exchange: Exchange, on path: Path) -> Milliseconds {
        let plan = world.plan
        let (isLate, quick, late) = lots.draw { random in
            // Up to what a request that is given up by its caller may still take; never longer than a tally may be on its way.
            (
                random.chance(plan.delayPercent), random.span(1...60),
                random.span(50...random.pick([2_000, 29_000, 120_000]))
            )
        }
        var travel = quick
        if isFaulty, plan.has(.delay), isLate {
            world.count(.requestLate)
            travel = late
        }
        let now = world.loop.now
        let clogged = state.withLock { $0.clogged[path] } ?? now
        if clogged > now {
            world.count(.waitedInClog)
            travel = travel + Milliseconds(clogged.milliseconds - now.milliseconds)
        }
        return travel
    }

    private func arrive(_ exchange: Exchange, copy: Int) {
        let path = exchange.path
        guard !isCut(path) else { return world.note("\(name(exchange)) ends at a cut") }
        guard let process = node(path.to)?.process else {
            world.note("\(name(exchange)) is refused")
            if copy == 1 { exchange.fail("connection refused") }
            return
        }
        let isOvertaken = state.withLock { state in
            defer { state.arrived[path] = max(state.arrived[path] ?? 0, exchange.number) }
            return (state.arrived[path] ?? 0) > exchange.number
        }
        if isOvertaken { world.count(.overtaken) }
        world.note("\(name(exchange)) arrives, copy \(copy)")
        let caller = world.oin(path.from)
        world.loop.begin {
            do {
                let answer = try await process.answer(exchange.request, from: caller)
                guard process.isRunning else { return }
                let words = self.world.witness.sees(
                    answer: answer, to: exchange.reading, on: path, store: self.node(path.to)?.disk.durable)
                self.world.note("\(self.name(exchange)) is answered: \(words)")
                if exchange.isOfClone { self.noteClone(path) }
                self.goBack(exchange, copy: copy, .success(answer))
            } catch {
                // A process that ended says nothing: its caller hears that the connection broke.
                let code = (error as? RequestError)?.code.rawValue ?? "broken off"
                self.world.note("\(self.name(exchange)) fails: \(code)")
                if code == RequestErrorCode.incarnationFenced.rawValue {
                    self.world.count(.fenced)
                    if !exchange.isOfClone { self.world.witness.write { _ = $0.seatsFenced.insert(path.from) } }
                }
                let told: any Error =
                    code == RequestErrorCode.incarnationFenced.rawValue
                    ? FencedError(detail: code, tally: (error as? RequestError)?.tally)
                    : NodeError(.partnerUnreachable, "turned away", cause: code)
                self.goBack(exchange, copy: copy, .failure(told))
            }
        }
    }

    private func noteClone(_ path: Path) {
        let heard = History.CloneHeard(seat: path.from, partner: path.to)
        let isNew = world.witness.write { history in
            let isNew = !history.clonesHeard.contains(heard)
            if isNew { history.clonesHeard.append(heard) }
            return isNew
        }
        if isNew { world.count(.cloned) }
    }

    private func goBack(_ exchange: Exchange, copy: Int, _ result: Result<[UInt8], any Error>) {
        let path = exchange.path.back
        // Nobody waits for the answer to a copy.
        guard copy == 1, !isCut(path) else { return }
        let plan = world.plan
        let isLost = isFaulty && plan.has(.answerLost) && lots.draw { $0.chance(plan.lossPercent) }
        if isLost {
            world.count(.answerLost)
            world.note("\(name(exchange)): the answer is lost")
            return
        }
        world.loop.call(in: travelTime(of: exchange, on: path)) {
            guard !self.isCut(path) else { return }
            if exchange.reply.settle(result) { self.world.note("\(self.name(exchange)): the answer is here") }
        }
    }
}

/// A partner as a simulated process reaches it.
struct SimulatedConnection: PartnerConnection {
    let network: SimulatedNetwork
    let path: SimulatedNetwork.Path
    let process: SimulatedProcess.Handle
    let node: SimulatedNode

    func exchangeTally(_ signed: [UInt8]) async throws -> [UInt8] { try await ask(.tally(signed)) }
    func deliver(_ batch: [UInt8]) async throws -> [UInt8] { try await ask(.batch(batch)) }
    func refill(_ request: [UInt8]) async throws -> [UInt8] { try await ask(.refill(request)) }
    func shutdown() async {}

    /// A process that has ended reaches nobody.
    private func ask(_ request: PeerRequest) async throws -> [UInt8] {
        guard process.isRunning else { throw CancellationError() }
        return try await network.ask(request, on: path, by: node)
    }
}
