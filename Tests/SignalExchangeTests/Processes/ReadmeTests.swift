import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

/// What `README.md` shows to who integrates, run as it stands there.
extension Nodes {
    @Suite struct ReadmeTests {
        private var package: URL { ExamplePKI.packageFolder }

        /// The first block of a language in the text, without its fences.
        private func block(_ language: String) throws -> String {
            let text = try String(contentsOf: package.appending(path: "README.md"), encoding: .utf8)
            let start = try #require(
                text.firstRange(of: "```\(language)\n")?.upperBound, "README.md has no \(language)")
            let end = try #require(text[start...].firstRange(of: "```\n")?.lowerBound)
            return String(text[start..<end])
        }

        @Test func `the Swift test of the README is the one that is compiled and run here`() throws {
            let compiled = try String(
                contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
                    .appending(path: "../Support/ReadmeExample.swift"), encoding: .utf8)
            #expect(try block("swift") == compiled)
        }

        @Test func `the Python test of the README passes`() async throws {
            let folder = try TemporaryFolder(prefix: "py")
            defer { try? folder.remove() }
            // As in a clone that was built, wherever this build lies.
            let files = FileManager.default
            try files.createDirectory(at: folder.url.appending(path: ".build"), withIntermediateDirectories: true)
            try files.createSymbolicLink(
                at: folder.url.appending(path: ".build/debug"),
                withDestinationURL: NodeProcess.builtExecutable.deletingLastPathComponent())
            try files.createSymbolicLink(
                at: folder.url.appending(path: "Examples"), withDestinationURL: package.appending(path: "Examples"))
            let script = folder.url.appending(path: "exchange_test.py")
            try Data(try block("python").utf8).write(to: script)
            let run = try await within(.seconds(90), "the Python test to end") {
                try await Command.run(
                    "sh", ["-c", #"cd "$1" && exec python3 exchange_test.py"#, "sh", folder.url.path])
            }
            #expect(run.succeeded, "\(run.said)")
        }
    }
}
