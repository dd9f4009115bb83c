import ExchangeTesting
import Foundation
import Testing

@testable import SignalExchange

/// Files that a person named.
@Suite struct BoundedFileTests {
    private func code(_ path: String, maximumBytes: Int = 10) -> NodeErrorCode? {
        do throws(NodeError) {
            _ = try BoundedFile.read(path, as: "a card", maximumBytes: maximumBytes, orElse: .cardInvalid)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `a file is read whole or refused, and told whether it is missing, no file, or too long`() throws {
        let folder = try TemporaryFolder(prefix: "bounded")
        defer { try? folder.remove() }
        let file = folder.url.appending(path: "file")
        #expect(code(file.path) == .fileMissing)
        #expect(code(folder.url.path) == .fileUnreadable)
        try Data(repeating: 1, count: 10).write(to: file)
        #expect(code(file.path) == nil)
        try Data(repeating: 1, count: 11).write(to: file)
        #expect(code(file.path) == .cardInvalid)
        // It has no end, and is not read to it.
        #expect(code("/dev/zero") == .cardInvalid)
    }
}
