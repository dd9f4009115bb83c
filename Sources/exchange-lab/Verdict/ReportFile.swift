import ExchangeCatalogue
import Foundation

/// What is kept of a run: JSON, one object a line.
enum ReportFile {
    /// Of what is wrong a file lists no more.
    static let shortfallsMaximum = 100

    static func write(_ lines: [JSONValue], to file: URL) throws {
        let text = try lines.map { String(decoding: try JSONWriter.write($0), as: UTF8.self) + "\n" }.joined()
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }
}
