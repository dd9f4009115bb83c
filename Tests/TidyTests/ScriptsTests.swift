import Foundation
import Testing

/// The scripts and the Makefile explain themselves, and a failure inside them is a failure of them.
@Suite struct ScriptsTests {
    private static let scripts = SourceTree.package.files.filter { $0.text.hasPrefix("#!") }
    /// Those that people call; continuous integration calls `.ci/run`.
    private static let commands = scripts.map(\.path).filter { $0.hasSuffix(".sh") }

    @Test func `every script is one of bash and stops at a failure`() {
        #expect(Self.scripts.count >= 4)
        for script in Self.scripts {
            #expect(script.text.hasPrefix("#!/usr/bin/env bash\n"), "\(script.path)")
            #expect(script.lines.contains("set -euo pipefail"), "\(script.path)")
        }
    }

    @Test(arguments: commands) func `a script explains itself with an example`(path: String) throws {
        let run = try CommandRun.of(path, ["--help"])
        #expect(run.exitStatus == 0)
        #expect(run.said.contains("usage: "))
        #expect(run.said.contains("\nexample\n"))
        #expect(run.said.contains("exit codes"))
    }

    @Test(arguments: commands) func `a script refuses an option that it does not know`(path: String) throws {
        let run = try CommandRun.of(path, ["--no-such-option"])
        #expect(run.exitStatus == 2)
        #expect(run.said.contains("--help"))
    }

    /// With a `swift` that prints what the real one does where a test fails and where its process dies.
    @Test func `what failed is said once more at the end, with its words, and why a process died`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "failing-swift-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let lines = [
            "✘ Test \"a\" recorded an issue", "↳ the words of it", "◇ Test \"b\" passed",
            "A/a.swift:2: Precondition failed: too few",
        ]
        let program = folder.appending(path: "swift")
        try Data(("#!/bin/sh\n" + lines.map { "echo '\($0)'\n" }.joined() + "exit 7\n").utf8).write(to: program)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = "\(folder.path):\(environment["PATH"] ?? "")"
        let run = try CommandRun.of("scripts/test.sh", environment: environment)
        #expect(run.exitStatus == 7)
        let again = [lines[0], lines[1], lines[3]].joined(separator: "\n") + "\n"
        #expect(run.said.hasSuffix("What failed, once more:\n" + again), "\(run.said)")
    }

    @Test func `make lists all its targets`() throws {
        let makefile = try #require(SourceTree.package.files.first { $0.path == "Makefile" })
        let phony = try #require(makefile.lines.first { $0.hasPrefix(".PHONY:") })
        for target in phony.split(separator: " ").dropFirst() {
            #expect(makefile.lines.contains { $0.hasPrefix("\(target):") && $0.contains(" ## ") }, "\(target)")
        }
    }

    @Test func `continuous integration runs what a newcomer runs`() throws {
        let run = try #require(SourceTree.package.files.first { $0.path == ".ci/run" })
        #expect(run.lines.contains { $0.hasPrefix("exec make ") && $0.hasSuffix(" test") })
    }
}
