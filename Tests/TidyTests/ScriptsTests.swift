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
