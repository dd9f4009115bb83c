import ExchangeCore
import Synchronization

/// Decides what becomes of each write to a node's disk.
final class DiskFaults: Sendable {
    /// In a thousand writes.
    private static let crashesPerThousand = 8
    private static let syncFailuresPerThousand = 3
    private static let fillingsPerThousand = 3

    private let world: SimulationWorld
    private let name: String
    private let lots: Lots
    private let fullUntil = Mutex(MonotonicTime(milliseconds: 0))
    private let onCrash = Mutex<@Sendable () -> Void>({})

    /// - Parameter name: of the node whose disk it is.
    init(_ world: SimulationWorld, _ name: String) {
        self.world = world
        self.name = name
        lots = world.lots("disk \(name)")
    }

    /// Told that the process has ended at a write, inside that write.
    func whenStruck(_ body: @escaping @Sendable () -> Void) { onCrash.withLock { $0 = body } }

    func fate(of write: Int) -> MemoryDisk.Fate {
        let fate = draw()
        if fate != .commit { world.note("\(name) write \(write): \(fate)") }
        return fate
    }

    private func draw() -> MemoryDisk.Fate {
        guard world.isFaulty else { return .commit }
        let (now, plan) = (world.loop.now, world.plan)
        if fullUntil.withLock({ $0 > now }) {
            world.count(.diskFull)
            return .full
        }
        if plan.has(.crashAtWrite), strikes(Self.crashesPerThousand) {
            let isBefore = lots.draw { $0.chance(50) }
            world.count(isBefore ? .crashedBeforeWrite : .crashedAfterWrite)
            onCrash.withLock(\.self)()
            return isBefore ? .crashBefore : .crashAfter
        }
        if plan.has(.syncFailure), strikes(Self.syncFailuresPerThousand) {
            let isDurable = lots.draw { $0.chance(50) }
            world.count(isDurable ? .syncFailedDurably : .syncFailed)
            return .syncFails(isDurable: isDurable)
        }
        if plan.has(.diskFull), strikes(Self.fillingsPerThousand) {
            let span = lots.draw { $0.span(100...20_000) }
            fullUntil.withLock { $0 = now + span }
            world.count(.diskFull)
            return .full
        }
        return .commit
    }

    private func strikes(_ inAThousand: Int) -> Bool { lots.draw { $0.within(1...1000) <= inAThousand } }
}
