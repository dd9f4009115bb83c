import ExchangeCore
import SignalExchange
import Synchronization

/// A partner's node in this process, called without a network between: its own runtime answers.
final class DirectConnection: PartnerConnection {
    private let partner: NodeContext
    private let caller: OIN
    private let batches = Mutex(0)
    private let whenDelivered = Mutex<(@Sendable () -> Void)?>(nil)
    private let garbled = Mutex(false)

    init(to partner: NodeContext, from caller: OIN) {
        self.partner = partner
        self.caller = caller
    }

    /// How many batches the partner was handed.
    var batchCount: Int { batches.withLock { $0 } }

    /// Called with each batch, before its answer is given back.
    func onDelivery(_ body: @escaping @Sendable () -> Void) { whenDelivered.withLock { $0 = body } }

    /// Has the first answer to a batch come as what nobody can read.
    func garbleOneAnswer() { garbled.withLock { $0 = true } }

    func shutdown() async {}

    func exchangeTally(_ signed: [UInt8]) async throws -> [UInt8] {
        let tallies = TallyExchange(partner)
        try await tallies.take(signed, from: caller, askedAt: nil)
        return try await tallies.make(for: caller)
    }

    func refill(_ request: [UInt8]) async throws -> [UInt8] {
        try await Refilling(partner).answer(request, from: caller)
    }

    func deliver(_ batch: [UInt8]) async throws -> [UInt8] {
        let answer = try await Receiving(partner).receive(batch, from: caller)
        batches.withLock { $0 += 1 }
        whenDelivered.withLock { $0 }?()
        let isGarbled = garbled.withLock { garbled in
            defer { garbled = false }
            return garbled
        }
        return isGarbled ? Array("no answer".utf8) : answer
    }
}
