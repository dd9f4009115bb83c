import ExchangeTesting

/// The nodes to which something may be done: each is in the hands of one at a time.
actor NodePool {
    private var free: [NodeHandle]
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ nodes: [NodeHandle]) { free = nodes }

    /// - Parameter generator: draws which.
    func borrow(_ generator: inout SeededGenerator) async -> NodeHandle {
        while free.isEmpty { await withCheckedContinuation { waiting.append($0) } }
        return free.remove(at: .random(in: free.indices, using: &generator))
    }

    /// That one, as soon as nobody else has it.
    func borrow(_ node: NodeHandle) async {
        while true {
            if let index = free.firstIndex(where: { $0.member.oin == node.member.oin }) {
                free.remove(at: index)
                return
            }
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func giveBack(_ node: NodeHandle) {
        free.append(node)
        // All of them: the first may wait for another one.
        let woken = waiting
        waiting = []
        for continuation in woken { continuation.resume() }
    }
}
