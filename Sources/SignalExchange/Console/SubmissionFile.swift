import ExchangeCatalogue
import ExchangeCore
import Foundation

/// A submission in a file.
package enum SubmissionFile {
    package static func read(_ path: String) throws(NodeError) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw NodeError(.fileMissing, "\(path) cannot be read; name a JSON file, or - for standard input")
        }
        let data: Data?
        let maximumBytes = JSONLimits.localRequest.byteCount
        do {
            // One byte more than may be sent, so that a file that is too long is refused and not cut.
            data = try handle.read(upToCount: maximumBytes + 1)
        } catch {
            throw NodeError(
                .fileUnreadable, "\(path) cannot be read; name a JSON file, and check its rights", cause: "\(error)")
        }
        let bytes = Array(data ?? Data())
        guard bytes.count <= maximumBytes else {
            throw NodeError(
                .submissionInvalid, "\(path) has more than \(maximumBytes) bytes; shorten it. Nothing was queued")
        }
        return bytes
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
