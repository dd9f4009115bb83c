import ExchangeTesting
import Foundation

/// Nodes that another program's tests run against, from their start to the end of that program's input.
struct LabSession: Sendable {
    let nodeCount: Int
    let voice: LabVoice
    let input: StandardInput

    /// - Returns: the exit status: 0 where everything was put away, 1 where it did not begin or end well.
    func run() async -> Int32 {
        // Who reads what is said may be gone: writing then fails, and what runs is put away. A handler that does nothing,
        // where SIG_IGN would be inherited by the nodes.
        signal(SIGPIPE) { _ in }
        do {
            try await LocalExchange.run(nodes: nodeCount) { exchange in
                for node in exchange.nodes { try voice.introduce(node) }
                try voice.beReady()
                for await line in input.lines where !line.allSatisfy(\.isWhitespace) {
                    do {
                        let command = try LabCommand(line)
                        try await perform(command, on: exchange)
                        try voice.confirm(command)
                        if command.verb == .quit { break }
                    } catch  where !Task.isCancelled {
                        try voice.complain(of: error)
                    }
                }
            }
            return 0
        } catch {
            // An interruption has an exit status of its own.
            if !Task.isCancelled { try? voice.complain(of: error) }
            return 1
        }
    }

    private func perform(_ command: LabCommand, on exchange: LocalExchange) async throws {
        let nodes = try command.nodes.map { try exchange.node(named: $0) }
        switch command.verb {
        case .kill: try await nodes[0].kill()
        case .stop: try await nodes[0].stop()
        case .start: try await nodes[0].start()
        case .restart: try await nodes[0].restart()
        case .pause: try await nodes[0].pause()
        case .resume: try await nodes[0].resume()
        case .partition where nodes.count == 1: try await exchange.partition(nodes[0].name)
        case .partition: try await exchange.partition(nodes[0].name, nodes[1].name)
        case .heal where nodes.isEmpty: try await exchange.heal()
        case .heal: try await exchange.heal(nodes[0].name, nodes[1].name)
        case .quit: break
        }
    }
}
