import ExchangeTesting

/// The nodes that may be killed: each is in the hands of one killer at a time.
actor NodePool {
    private var free: [NodeHandle]
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ nodes: [NodeHandle]) { free = nodes }

    /// - Parameter generator: draws which.
    func borrow(_ generator: inout SeededGenerator) async -> NodeHandle {
        while free.isEmpty { await withCheckedContinuation { waiting.append($0) } }
        return free.remove(at: .random(in: free.indices, using: &generator))
    }

    func giveBack(_ node: NodeHandle) {
        free.append(node)
        if !waiting.isEmpty { waiting.removeFirst().resume() }
    }
}
