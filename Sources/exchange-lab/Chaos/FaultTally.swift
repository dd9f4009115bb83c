import Synchronization

/// How often each fault was begun, and how often it really happened to somebody: a cut that closes no connection and
/// turns none away has happened to nobody.
final class FaultTally: Sendable {
    struct Counts: Sendable {
        var begun = 0
        var happened = 0
    }

    private let counts = Mutex<[FaultKind: Counts]>([:])

    func note(_ kind: FaultKind, happened: Bool) {
        counts.withLock {
            $0[kind, default: Counts()].begun += 1
            if happened { $0[kind, default: Counts()].happened += 1 }
        }
    }

    subscript(kind: FaultKind) -> Counts { counts.withLock { $0[kind] ?? Counts() } }

    var kills: Int { self[.kill].happened + self[.killAtStart].happened }

    /// Whether one of them has happened to nobody yet.
    func isMissing(_ kinds: [FaultKind]) -> Bool { kinds.contains { self[$0].happened == 0 } }
}
