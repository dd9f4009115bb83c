import ExchangeCore
import Foundation

/// A file of submissions, one JSON object a line, and the organisation that sends them.
struct BulkInput: Sendable {
    let file: URL
    let sender: Cast

    /// The lines that hold something.
    func countLines() throws -> Int {
        try lines().reduce(0) { $0 + ($1.allSatisfy(\.isWhitespace) ? 0 : 1) }
    }

    /// Read as they are asked for, so that the file need not fit into the memory.
    func lines() throws -> some Sequence<String> {
        let handle = try FileHandle(forReadingFrom: file)
        var pending = Data()
        var isAtEnd = false
        return AnyIterator<String> {
            while true {
                if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { pending = Data(pending[pending.index(after: end)...]) }
                    return String(decoding: pending[..<end], as: UTF8.self)
                }
                guard !isAtEnd else {
                    defer { pending = Data() }
                    return pending.isEmpty ? nil : String(decoding: pending, as: UTF8.self)
                }
                // No line of a submission is longer than this, so that a chunk holds one at least.
                let chunk = (try? handle.read(upToCount: ProtocolLimits.contentMaximumBytes)) ?? Data()
                isAtEnd = chunk.isEmpty
                pending += chunk
            }
        }
    }
}
