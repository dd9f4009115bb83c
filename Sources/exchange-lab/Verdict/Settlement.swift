import ExchangeCore
import ExchangeTesting

/// Brings a community to rest: nothing is on its way any more, and each pair has compared its accounts since.
struct Settlement: Sendable {
    /// A greeting that met a busy link follows it; one that met a node that was away is asked for again.
    private static let greetingInterval = Milliseconds.seconds(3)

    let community: ExampleCommunity

    /// - Returns: what did not come to rest in time; nothing where all did.
    func settle(within span: Milliseconds = .seconds(20)) async throws -> [String] {
        let open = try await each { try await $0.api.waitForEmptyQueue(within: span) }
        return try await open
            + each { node in
                try await ExchangeTesting.within(span, "the tallies of \(node.member.name) with all partners to agree")
                {
                    while true {
                        do {
                            return try await node.api.waitForAgreement(within: Self.greetingInterval)
                        } catch is DeadlineExceeded {
                            // Greet anew.
                        }
                    }
                }
            }
    }

    private func each(_ wait: @escaping @Sendable (NodeHandle) async throws -> Void) async throws -> [String] {
        try await withThrowingTaskGroup(of: String?.self) { group in
            for node in community.nodes {
                group.addTask {
                    do {
                        try await wait(node)
                        return nil
                    } catch let error as DeadlineExceeded {
                        return "\(node.member.name): \(error)"
                    }
                }
            }
            return try await group.reduce(into: []) { found, complaint in
                if let complaint { found.append(complaint) }
            }.sorted()
        }
    }
}
