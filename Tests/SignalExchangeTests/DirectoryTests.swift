import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// Which directory a node goes by.
    @Suite(.community(running: "avim")) struct DirectoryTests {
        let avim: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
        }

        /// What the directory in use calls this node, and what `status` says of the one that lies in the folder.
        private func status() async throws -> (name: String, problem: String) {
            let status = try await avim.api.client.get("/v1/status")
            return (try #require(status["name"]?.text), try #require(status["filesProblem"]?.text))
        }

        @Test func `another directory under the version in use is refused, also after a restart`() async throws {
            let used = try avim.folder.read(avim.folder.directory)
            let name = try await status().name
            let other = try community.signedDirectory(version: 1) { member in
                Member(
                    oin: member.oin, name: "Another \(member.name)", roles: member.roles, endpoint: member.endpoint,
                    certificates: member.certificates, dutyContact: member.dutyContact)
            }
            try NodeFolder.write(other, to: avim.folder.directory)
            await #expect {
                try await avim.api.reload()
            } throws: {
                ($0 as? NodeError)?.code == .directoryInvalid && "\($0)".contains("another directory")
            }
            // A look at the files finds it too, and the one in use stays.
            let found = try await within(.seconds(20), "the node to say what is wrong with the directory") {
                try await poll {
                    let status = try await status()
                    return status.problem.isEmpty ? nil : status
                }
            }
            #expect(found.problem.contains("another directory"), "\(found.problem)")
            #expect(found.name == name)

            try await avim.process.stop()
            let refused = try await avim.command("run")
            #expect(refused.exitStatus == 2)
            #expect(refused.said.contains("directory-invalid: "), "\(refused.said)")
            #expect(refused.said.contains("another directory"), "\(refused.said)")

            try NodeFolder.write(used, to: avim.folder.directory)
            try await avim.process.start()
            #expect(try await status() == (name, ""))
        }
    }
}
