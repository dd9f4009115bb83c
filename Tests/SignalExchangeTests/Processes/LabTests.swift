import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

/// `exchange-lab lab` as another program sees it: lines in and lines out.
private final class LabProcess: Sendable {
    static let executable = NodeProcess.builtExecutable.deletingLastPathComponent().appending(path: "exchange-lab")

    let process: ChildProcess
    /// By their names.
    let nodes: [String: JSONValue]
    private let lines: AsyncStream<String>

    init(_ arguments: String...) async throws {
        let process = try ChildProcess(
            Self.executable, ["lab"] + arguments + ["--json"], output: .lines, errors: .nowhere)
        let lines = process.lines
        nodes = try await within(.seconds(60), "the lab to be ready") {
            var nodes: [String: JSONValue] = [:]
            for await line in lines {
                let said = try JSONParser.parse(Array(line.utf8))
                if said["ready"]?.flag == true { return nodes }
                nodes[try #require(said["node"]?.text)] = said
            }
            return [:]
        }
        (self.process, self.lines) = (process, lines)
    }

    /// Says one line, and returns what is answered.
    func told(_ line: String) async throws -> JSONValue {
        try process.say(line)
        let lines = lines
        return try await within(.seconds(60), "an answer to: \(line)") {
            for await answer in lines { return try JSONParser.parse(Array(answer.utf8)) }
            throw Ended()
        }
    }

    func folder(of node: String) throws -> String { try #require(nodes[node]?["folder"]?.text) }

    /// The ports of the nodes.
    var ports: [Int] {
        nodes.values.compactMap { $0["endpoint"]?.text?.split(separator: ":").last.flatMap { Int($0) } }
    }

    struct Ended: Error {}
}

extension Nodes {
    @Suite struct LabTests {
        private func ended(_ lab: LabProcess) async throws -> ChildProcess.End {
            let process = lab.process
            return try await within(.seconds(30), "the lab to end") { try await process.waitForEnd() }
        }

        @Test func `nodes are told as JSON, obey commands, take messages and are gone at the end of the input`()
            async throws
        {
            let lab = try await LabProcess("--nodes", "3")
            #expect(Set(lab.nodes.keys) == ["nidos", "avim", "ind"])
            let avim = try #require(lab.nodes["avim"])
            #expect(avim["oin"]?.text == "00000099000000002000")
            #expect(avim["role"]?.text == "police")
            let (socket, folder) = try (#require(avim["socket"]?.text), lab.folder(of: "avim"))
            #expect(FileManager.default.fileExists(atPath: socket))
            #expect(lab.ports.count == 3 && lab.ports.allSatisfy(isListenedOn))

            #expect(try await lab.told("kill nidos") == ["done": "kill", "node": "nidos"])
            #expect(try await lab.told("partition avim ind") == ["done": "partition", "node": "avim", "from": "ind"])
            let example = ExamplePKI.packageFolder.appending(path: "Examples/messages/SIG-01.v1.json").path
            let send = ["send", example, "--folder", folder, "--key", "case-17", "--json"]
            let sent = try await Command.run(NodeProcess.builtExecutable.path, send)
            #expect(sent.succeeded, "\(sent.said)")
            #expect(try await lab.told("heal") == ["done": "heal"])
            #expect(try await lab.told(#"{"do":"restart","node":"nidos"}"#) == ["done": "restart", "node": "nidos"])
            let told = try await Command.run(NodeProcess.builtExecutable.path, send + ["--wait", "30"])
            #expect(told.succeeded, "\(told.said)")

            lab.process.closeInput()
            #expect(try await ended(lab) == .exited(status: 0))
            #expect(lab.ports.filter(isListenedOn) == [])
            #expect(!FileManager.default.fileExists(atPath: folder))
        }

        @Test func `what cannot be done is answered with a code, and the lab goes on`() async throws {
            let lab = try await LabProcess("--nodes", "2")
            for (line, code) in [
                ("kill nobody", "node-unknown"), ("kill", "command-unknown"), ("destroy nidos", "command-unknown"),
                (#"{"do":"kill","node":1}"#, "command-unknown"), ("{", "command-unknown"),
                (#"{"do":"kill","node":"nidos","force":"yes"}"#, "command-unknown"), ("start nidos", "node-running"),
            ] {
                let answer = try await lab.told(line)
                #expect(answer["code"]?.text == code, "\(line): \(answer)")
                #expect(answer["error"]?.text?.isEmpty == false)
            }
            #expect(try await lab.told("pause nidos")["done"]?.text == "pause")
            #expect(try await lab.told("resume nidos")["done"]?.text == "resume")
            #expect(try await lab.told("stop nidos")["done"]?.text == "stop")
            #expect(try await lab.told("quit") == ["done": "quit"])
            #expect(try await ended(lab) == .exited(status: 0))
        }

        @Test(arguments: [SIGTERM, SIGINT, SIGKILL])
        func `no node outlives a lab that is ended by a signal`(signal: Int32) async throws {
            let lab = try await LabProcess("--nodes", "2")
            let folder = try lab.folder(of: "nidos")
            lab.process.send(signal: signal)
            if signal == SIGKILL {
                #expect(try await ended(lab) == .killed(signal: SIGKILL))
                // Nobody could put the folder away; the nodes notice and end by themselves.
                let ports = lab.ports
                _ = try await within(.seconds(15), "the nodes to end") {
                    try await poll { ports.contains(where: isListenedOn) ? nil : true }
                }
                try FileManager.default.removeItem(
                    at: URL(filePath: folder).deletingLastPathComponent())
            } else {
                #expect(try await ended(lab) == .exited(status: 128 + signal))
                #expect(lab.ports.filter(isListenedOn) == [])
                #expect(!FileManager.default.fileExists(atPath: folder))
            }
        }

        @Test func `a wrong number of nodes is a wrong command line`() async throws {
            for count in ["1", "17", "many"] {
                let run = try await Command.run(LabProcess.executable.path, ["lab", "--nodes", count])
                #expect(run.end == .exited(status: 64), "\(run.said)")
            }
        }

        @Test func `without JSON the lab speaks to people`() async throws {
            let run = try await Command.run(LabProcess.executable.path, ["lab", "--nodes", "2"])
            #expect(run.succeeded, "\(run.said)")
            let lines = run.said.split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines.first?.hasPrefix("nidos  00000099000000001000  guardian  127.0.0.1:") == true, "\(run.said)")
            #expect(lines.last?.hasPrefix("ready; ") == true, "\(run.said)")
        }
    }
}
