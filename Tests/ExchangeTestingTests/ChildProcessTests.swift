import ExchangeTesting
import Foundation
import Testing

@Suite struct ChildProcessTests {
    @Test func `a child that has ended leaves no file open`() async throws {
        // In a process of its own, where nobody else opens files meanwhile.
        try await #require(processExitsWith: .success) {
            let log = FileManager.default.temporaryDirectory.appending(path: "child-\(UUID()).log")
            func run() async throws {
                let child = try ChildProcess(
                    URL(filePath: "/bin/sh"), ["-c", "echo said; echo logged >&2"], output: .lines, errors: .file(log))
                var said: [String] = []
                for await line in child.lines { said.append(line) }
                try #require(said == ["said"])
                try #require(try await child.waitForEnd() == .exited(status: 0))
            }
            func openFiles() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            }
            // The first children open what all of them share.
            for _ in 1...5 { try await run() }
            let before = try openFiles()
            for _ in 1...20 { try await run() }
            let after = try openFiles()
            try FileManager.default.removeItem(at: log)
            // One that has just ended may still be put away.
            try #require(after <= before + 5, "\(before) files were open, and \(after) after 20 children")
        }
    }
}
