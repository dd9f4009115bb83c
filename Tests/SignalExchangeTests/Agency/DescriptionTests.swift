import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import NIOHTTP1
import SignalExchange
import Testing

extension Nodes {
    /// The OpenAPI text against the running node, by a program that knows nothing of it but that text.
    @Suite struct DescriptionTests {
        /// What `scripts/setup.sh` puts there.
        private static var schemathesis: URL {
            ExamplePKI.packageFolder.appending(path: ".build/tools/schemathesis/bin/schemathesis")
        }

        private static func descriptionWithoutWaits() throws -> Data {
            let file = ExamplePKI.packageFolder.appending(path: "schemas/agency-api.v1.json")
            var document = try #require(
                try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
            var paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
            for (path, operations) in paths {
                for (method, operation) in operations {
                    let parameters = operation["parameters"] as? [[String: String]] ?? []
                    paths[path]?[method]?["parameters"] = parameters.filter {
                        $0["$ref"] != "#/components/parameters/waitSeconds"
                    }
                }
            }
            let entries = "/consumers/{name}/entries"
            var responses = try #require(paths[entries]?["get"]?["responses"] as? [String: [String: Any]])
            let content = try #require(responses["200"]?["content"] as? [String: Any])
            responses["200"]?["content"] = content.filter { $0.key == "application/json" }
            paths[entries]?["get"]?["responses"] = responses
            document["paths"] = paths
            return try JSONSerialization.data(withJSONObject: document)
        }

        @Test func `the node does what its description says, also with what nobody should send`() async throws {
            try #require(
                FileManager.default.isExecutableFile(atPath: Self.schemathesis.path),
                "schemathesis is not there: scripts/setup.sh puts it into .build/tools")
            try await ExampleCommunity.inTemporaryFolder { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let tls = try await AgencyTLSFiles(in: community.folder, for: avim)
                try await avim.process.start()
                try await nidos.process.start()
                // Something to be seen in every list.
                let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "seen")
                try await avim.api.waitForAnswers(to: id)
                let answer = try await nidos.api.submit(
                    .object(ExampleSignal.submission(to: [.police])), key: "answered")
                try await nidos.api.waitForAnswers(to: answer)
                for (name, feed) in [("seen-inbox", "inbox"), ("seen-deliveries", "deliveries")] {
                    let made = try await APICall.make(
                        .PUT, "/v1/consumers/\(name)", #"{"feed":"\#(feed)"}"#, at: avim)
                    try #require(made.status == 201)
                }
                // As it stands, but for waits and streams: a caller that made them up would wait for minutes.
                let hurried = try Self.descriptionWithoutWaits()
                let description = community.folder.appending(path: "openapi.json")
                try hurried.write(to: description)
                let seed = UInt32.random(in: .min ... .max)
                print("seed \(seed)")
                let base = "https://\(PortHolder.host):\(tls.holder.port)/v1"
                let run = try await within(.seconds(400), "schemathesis to end") {
                    // It leaves a folder where it runs.
                    try await Command.run(
                        "sh",
                        [
                            "-c", #"cd "$1" && shift && exec "$@""#, "sh", community.folder.path,
                            Self.schemathesis.path, "run",
                            description.path,
                            "--url", base, "--tls-verify", tls.path("server.crt"),
                            "--request-cert", tls.path("listed.crt"), "--request-cert-key", tls.path("listed.key"),
                            "--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "\(seed)",
                            "--no-color", "--request-timeout", "20",
                            // A description of JSON says nothing of which messages a case allows.
                            "--exclude-checks", "positive_data_acceptance",
                        ])
                }
                #expect(run.succeeded, "\(run.said)")
                #expect(try await avim.api.intactAuditLeaves() != nil)
            }
        }
    }
}
