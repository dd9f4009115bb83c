import ExchangeCMS
import ExchangeCore
import Foundation
import Testing

/// The wall clock in whole milliseconds.
func wallClock() -> Timestamp {
    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
}

/// Expects a `CMSError` with the code.
func expectRefused<Value>(
    _ code: CMSErrorCode, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Value
) {
    let error = #expect(throws: CMSError.self, comment, sourceLocation: sourceLocation) { _ = try body() }
    if let error {
        #expect(error.code == code, "\(error) \(comment.map(\.description) ?? "")", sourceLocation: sourceLocation)
    }
}
