import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// The programs in `Examples/`, run as they stand there.
    @Suite(.community(running: "avim", "nidos")) struct ExamplesTests {
        private static let languages = ["python", "shell", "swift"]

        private func program(_ language: String) -> [String] {
            let examples = ExamplePKI.packageFolder.appending(path: "Examples")
            return switch language {
            case "python": ["python3", examples.appending(path: "python/case_system.py").path]
            case "shell": ["bash", examples.appending(path: "shell/case-system.sh").path]
            default:
                [
                    NodeProcess.builtExecutable.deletingLastPathComponent().appending(path: "example-case-system").path
                ]
            }
        }

        @Test(arguments: languages)
        func `an example sends a file once, keeps what came, and is not given it again`(language: String) async throws {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            let folder = community.folder.appending(path: language)
            let file = community.folder.appending(path: "\(language)-signal.json")
            try FileManager.default.copyItem(
                at: ExamplePKI.packageFolder.appending(path: "Examples/messages/SIG-01.v1.json"), to: file)
            func run(_ node: NodeHandle, _ kept: String, _ files: [String] = []) async throws -> Command {
                let program = program(language)
                return try await within(.seconds(60), "the example to end") {
                    try await Command.run(
                        program[0],
                        program.dropFirst() + [node.folder.file("node.sock"), folder.appending(path: kept).path] + files
                    )
                }
            }
            var sent: Set<String> = []
            for _ in 1...2 {
                let run = try await run(avim, "avim", [file.path])
                #expect(run.succeeded && run.said.contains("secured"), "\(run.said)")
                let ids = run.said.matches(of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/)
                sent.formUnion(ids.map { String($0.output) })
            }
            let id = try #require(sent.first)
            #expect(sent.count == 1)
            let first = try await run(nidos, "nidos")
            #expect(first.succeeded && first.said.contains("kept"), "\(first.said)")
            let kept = folder.appending(path: "nidos/\(id).json")
            #expect(try String(contentsOf: kept, encoding: .utf8).contains("SIG-01"))
            let second = try await run(nidos, "nidos")
            #expect(second.succeeded && !second.said.contains("kept"), "\(second.said)")
        }
    }
}
