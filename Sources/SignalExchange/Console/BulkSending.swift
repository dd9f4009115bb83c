package import ExchangeCatalogue
import ExchangeCore
import ExchangeCMS
import Foundation

/// Submits many messages, one JSON object a line, several at a time; the first that is refused ends it with its line.
package struct BulkSending: Sendable {
    /// How many submissions are under way at once: they share the store's transactions.
    private static let concurrentSubmissions = 16

    private let client: LocalClient

    package init(client: LocalClient) { self.client = client }

    /// - Parameters:
    ///   - lines: JSON texts; empty ones are passed over. Drawn one by one, so that a file need not fit in memory.
    ///   - keyPrefix: makes each line's idempotency key, with the line's number, so that the same file may be sent
    ///     again after an interruption without making a second message.
    ///   - accepted: called for each accepted line, in no fixed order.
    /// - Returns: how many were accepted.
    package func send(
        _ lines: some Sequence<String>, keyPrefix: String?,
        accepted: @Sendable (_ line: Int, _ answer: JSONValue) -> Void
    ) async throws -> Int {
        try await withThrowingTaskGroup(of: (Int, JSONValue).self) { group in
            var lineNumber = 0
            var underWay = 0
            var count = 0
            for line in lines {
                lineNumber += 1
                guard !line.allSatisfy(\.isWhitespace) else { continue }
                if underWay == Self.concurrentSubmissions, let (number, answer) = try await group.next() {
                    underWay -= 1
                    count += 1
                    accepted(number, answer)
                }
                underWay += 1
                group.addTask { [lineNumber] in
                    (lineNumber, try await submit(line, number: lineNumber, keyPrefix: keyPrefix))
                }
            }
            for try await (number, answer) in group {
                count += 1
                accepted(number, answer)
            }
            return count
        }
    }

    private func submit(_ line: String, number: Int, keyPrefix: String?) async throws(NodeError) -> JSONValue {
        do throws(NodeError) {
            return try await client.post(
                "/v1/messages", body: Array(line.utf8),
                headers: keyPrefix.map { ["Idempotency-Key": "\($0)-\(number)"] } ?? [:])
        } catch {
            throw NodeError(
                error.code, "line \(number): \(error.message). The lines before it may have been accepted",
                cause: error.cause)
        }
    }
}
