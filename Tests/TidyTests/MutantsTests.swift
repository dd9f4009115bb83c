import Foundation
import Testing

/// The patches of `make mutants` are sound. That they make their tests fail is seen by running them, which takes longer.
@Suite struct MutantsTests {
    private static let patches = SourceTree.package.files.map(\.path)
        .filter { $0.hasPrefix("Tests/Mutants/") && $0.hasSuffix(".patch") }

    @Test func `every mutant says what it takes out and which test goes red`() throws {
        let run = try CommandRun.of("scripts/mutants.sh", ["--list"])
        #expect(run.exitStatus == 0, "\(run.said)")
        // A heading, a line each, and the empty line above.
        #expect(run.said.split(separator: "\n").count == Self.patches.count + 1)
    }

    @Test(arguments: patches) func `a mutant still applies to the code that it changes`(path: String) throws {
        // The folder above is not to be searched: this one may be a copy inside another clone.
        let environment = ProcessInfo.processInfo.environment.merging(
            ["GIT_CEILING_DIRECTORIES": SourceTree.root.deletingLastPathComponent().path], uniquingKeysWith: { $1 })
        let run = try CommandRun.of(command: ["git", "apply", "--check", path], environment: environment)
        #expect(run.exitStatus == 0, "\(run.said)")
    }
}
