import ExchangeCatalogue
import ExchangeCore
import Foundation

/// A submission in a file.
package enum SubmissionFile {
    package static func read(_ path: String) throws(NodeError) -> [UInt8] {
        try BoundedFile.read(
            path, as: "a submission in JSON", maximumBytes: JSONLimits.localRequest.byteCount,
            orElse: .submissionInvalid)
    }
}

extension BulkSending {
    /// Sends the lines of standard input, and prints the id of each message.
    package func sendStandardInput(keyPrefix: String?, printsJSON: Bool) async throws(NodeError) -> Int {
        // Reading blocks this task alone: the submissions run in tasks of their own.
        let lines = sequence(state: ()) { _ in readLine() }
        return try await send(lines, keyPrefix: keyPrefix) { line, answer in
            let id = answer["id"]?.text ?? ""
            print(printsJSON ? #"{"line":\#(line),"id":"\#(id)"}"# : "line \(line): \(id)")
        }
    }
}
