import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

/// The events of a consumer as `curl` receives them: a client that is not ours.
final class EventStream: Sendable {
    struct Event {
        let id: String
        let name: String
        let data: String
    }

    private let child: ChildProcess

    init(_ consumer: String, after last: String? = nil, at node: NodeHandle) throws {
        child = try ChildProcess(
            URL(filePath: "/usr/bin/curl"),
            [
                "--silent", "--no-buffer", "--unix-socket", node.folder.file("node.sock"), "--header",
                "Accept: text/event-stream",
            ]
                + (last.map { ["--header", "Last-Event-ID: \($0)"] } ?? [])
                + ["http://node/v1/consumers/\(consumer)/entries"],
            output: .lines)
        child.closeInput()
    }

    /// The next event.
    func next() async throws -> Event {
        let lines = child.lines
        return try await within(.seconds(30), "an event") {
            var fields: [String: String] = [:]
            for await line in lines {
                guard !line.isEmpty else {
                    if let data = fields["data"] {
                        return Event(id: fields["id"] ?? "", name: fields["event"] ?? "", data: data)
                    }
                    fields = [:]
                    continue
                }
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { fields[String(parts[0])] = String(parts[1].dropFirst()) }
            }
            throw Ended()
        }
    }

    /// Returns when the stream has ended, and whether it ended well.
    func isOver() async throws -> Bool {
        let child = child
        return try await within(.seconds(30), "the stream to end") {
            try await child.waitForEnd() == .exited(status: 0)
        }
    }

    func close() { child.send(signal: SIGTERM) }

    private struct Ended: Error {}
}
