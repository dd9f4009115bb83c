import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// `exchange-node catalogue`, as it is installed: no node, no folder, no repository.
    @Suite struct CatalogueCommandTests {
        private func command(_ arguments: String..., input: String? = nil) async throws -> Command {
            let program = NodeProcess.builtExecutable.path
            let words = ["--foreground", "30", "sh", "-c", #"cd / && exec "$0" catalogue "$@""#, program] + arguments
            guard let input else { return try await Command.run("timeout", words) }
            let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".json")
            try Data(input.utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let piped = [
                "--foreground", "30", "sh", "-c", #"cat "$1" | "$0" catalogue validate -"#, program, file.path,
            ]
            return try await Command.run("timeout", arguments.contains("-") ? piped : words + [file.path])
        }

        @Test func `every type is listed, with its roles and its priority`() async throws {
            let list = try await command("list")
            #expect(list.exitStatus == 0)
            let lines = list.said.split(separator: "\n")
            #expect(lines.count == Catalogue.standard.all.count + 1)
            #expect(lines.contains { $0.hasPrefix("DEP-01 ") && $0.contains("stat") && $0.contains("police") })
            let json = try await command("list", "--json")
            let codes = try json.said.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8))["type"]?.text }
            #expect(codes == Catalogue.standard.all.map { $0.type.code })
        }

        @Test func `a type is shown with its fields, its rules, those of the case, and what comes after`() async throws
        {
            let shown = try await command("show", "STO-04")
            #expect(shown.exitStatus == 0)
            for word in [
                "STO-04.v1", "Interview intended", "whyNotEnough", "new-talk-says-why", "statement-is-named-first",
                "guardianship-ends-with-majority", "statement-purpose",
            ] {
                #expect(shown.said.contains(word), "\(word)")
            }
            let schema = try await command("show", "PLC-02", "--json")
            #expect(try JSONParser.parse(Array(schema.said.utf8), limits: JSONSchema.limits)["$defs"] != nil)
        }

        /// In one shell: a process for each example and its verdict would be a hundred.
        @Test func `each example is printed as it stands in the repository, and is valid`() async throws {
            let codes = Catalogue.standard.all.map(\.type.code)
            let loop =
                #"p=$0; for t; do "$p" catalogue example $t --json; "$p" catalogue example $t | "$p" catalogue validate -; done"#
            let said = try await Command.run(
                "timeout", ["--foreground", "120", "sh", "-c", loop, NodeProcess.builtExecutable.path] + codes
            ).said.split(separator: "\n")
            let examples = said.filter { $0.hasPrefix("{") }
            try #require(examples.count == codes.count)
            for (code, example) in zip(codes, examples) {
                let file = ExamplePKI.packageFolder.appending(path: "Examples/messages/\(code).v1.json")
                #expect(
                    try JSONParser.parse(Array(example.utf8)) == JSONParser.parse(Array(try Data(contentsOf: file))))
            }
            let verdicts = said.filter { $0.contains(" is valid: from ") }
            #expect(verdicts.map { $0.prefix { $0 != "." } } == codes.map { $0[...] }, "\(said)")
        }

        @Test func `what is not valid is refused with code, field and way out`() async throws {
            let example = try await command("example", "PLC-02").said
            let broken = example.replacing("BO-07", with: "Kerkstraat 12")
            for arguments in ["file", "-"] {
                let refused = try await command("validate", arguments == "-" ? "-" : "--json", input: broken)
                #expect(refused.exitStatus == 3)
                #expect(refused.said.contains("exchange-node: submission-invalid: field-invalid at body.location"))
                #expect(refused.said.contains("never an address"))
                #expect(!refused.said.contains("Kerkstraat"))
            }
            let valid = try await command("validate", "-", input: example)
            #expect(valid.exitStatus == 0, "\(valid.said)")
            let rule = try await command(
                "validate", "--json", input: example.replacing("\"accepted\"", with: "\"rejected\""))
            #expect(rule.said.contains("rejected-needs-reason") && rule.said.contains("body.reason"))
        }

        @Test func `a type that there is not is refused with those that there are`() async throws {
            for verb in ["show", "example"] {
                let refused = try await command(verb, "SIG-99")
                #expect(refused.exitStatus == 3)
                #expect(refused.said.contains("exchange-node: request-invalid: ") && refused.said.contains("SIG-01"))
            }
            let missing = try await command("validate", "/nowhere/at/all.json")
            #expect(missing.exitStatus == 2 && missing.said.contains("file-missing"))
        }

        @Test(arguments: [[], ["list"], ["show"], ["validate"], ["example"]])
        func `each command has help of 80 columns with an example`(words: [String]) async throws {
            let help = try await Command.run(
                "env", ["COLUMNS=80", NodeProcess.builtExecutable.path, "catalogue"] + words + ["--help"])
            #expect(help.exitStatus == 0 && help.said.contains("exchange-node catalogue"))
            #expect(help.said.contains("EXAMPLE"))
            #expect(help.said.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(help.said)")
        }
    }
}
