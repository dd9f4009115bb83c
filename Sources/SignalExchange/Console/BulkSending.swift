package import ExchangeCatalogue
import ExchangeCore
import ExchangeCMS
import Foundation

/// Submits many messages, one JSON object a line, several at a time. The first that is refused ends it: no further line
/// is begun, and what is under way is finished and told.
package struct BulkSending: Sendable {
    /// How many submissions are under way at once: they share the store's transactions.
    private static let concurrentSubmissions = 16

    private let client: LocalClient

    package init(client: LocalClient) { self.client = client }

    /// What became of one line.
    private struct Outcome: Sendable {
        let line: Int
        let result: Result<JSONValue, NodeError>
    }

    /// - Parameters:
    ///   - lines: JSON texts; empty ones are passed over. Drawn one by one, so that a file need not fit in memory.
    ///   - keyPrefix: makes each line's idempotency key, with the line's number, so that the same file may be sent
    ///     again after an interruption without making a second message.
    ///   - accepted: called for each accepted line, in the order of the lines; also for those behind a refused one that
    ///     were under way already.
    /// - Returns: how many were accepted.
    /// - Throws: ``NodeError`` of the first line that was refused, with what was accepted and how to go on.
    package func send(
        _ lines: some Sequence<String>, keyPrefix: String?,
        accepted: @Sendable (_ line: Int, _ answer: JSONValue) -> Void
    ) async throws(NodeError) -> Int {
        let (count, refused) = await withTaskGroup(of: Outcome.self) { group in
            var told = InOrder()
            var lineNumber = 0
            var underWay = 0
            for line in lines {
                lineNumber += 1
                guard !line.allSatisfy(\.isWhitespace) else { continue }
                if underWay == Self.concurrentSubmissions, let outcome = await group.next() {
                    underWay -= 1
                    told.take(outcome, accepted)
                }
                guard !told.hasRefused else { break }
                underWay += 1
                told.expect(lineNumber)
                group.addTask { [lineNumber] in
                    Outcome(line: lineNumber, result: await submit(line, number: lineNumber, keyPrefix: keyPrefix))
                }
            }
            for await outcome in group { told.take(outcome, accepted) }
            return (told.count, told.hasRefused ? told.refused : nil)
        }
        guard let refused else { return count }
        throw explain(refused, accepted: count, hasKeys: keyPrefix != nil)
    }

    private func submit(_ line: String, number: Int, keyPrefix: String?) async -> Result<JSONValue, NodeError> {
        do throws(NodeError) {
            return .success(
                try await client.post(
                    "/v1/messages", body: Array(line.utf8),
                    headers: keyPrefix.map { ["Idempotency-Key": "\($0)-\(number)"] } ?? [:]))
        } catch {
            return .failure(error)
        }
    }

    private func explain(_ refused: [(line: Int, error: NodeError)], accepted: Int, hasKeys: Bool) -> NodeError {
        let first = refused[0].error
        let others = refused.dropFirst().map { "; line \($0.line) too: \($0.error.message)" }.joined()
        let advice =
            hasKeys
            ? "mend it and send the whole file again under the same key: what was accepted is not made again"
            : "mend it and send only the lines that are not listed: without --key, a line that is sent again is a "
                + "second message"
        return NodeError(
            first.code,
            "line \(refused[0].line): \(first.message)\(others). \(accepted) lines were accepted, those listed and no "
                + "other; no further line was sent: \(advice)", cause: first.cause)
    }

    /// Tells outcomes in the order of the lines, whatever order they come in.
    private struct InOrder {
        private var expected: [Int] = []
        private var waiting: [Int: JSONValue] = [:]
        private(set) var refused: [(line: Int, error: NodeError)] = []
        private(set) var count = 0

        var hasRefused: Bool { !refused.isEmpty }

        mutating func expect(_ line: Int) { expected.append(line) }

        mutating func take(_ outcome: Outcome, _ accepted: (_ line: Int, _ answer: JSONValue) -> Void) {
            switch outcome.result {
            case .success(let answer): waiting[outcome.line] = answer
            case .failure(let error):
                refused.append((outcome.line, error))
                refused.sort { $0.line < $1.line }
                expected.removeAll { $0 == outcome.line }
            }
            while let next = expected.first, let answer = waiting.removeValue(forKey: next) {
                expected.removeFirst()
                count += 1
                accepted(next, answer)
            }
        }
    }
}
