import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// What an agency's system does wrong is named, and nothing is queued.
    @Suite(.community(running: "avim")) struct LocalErrorTests {
        let avim: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
        }

        private func expect(
            _ text: String, exits status: Int32 = 3, saying words: String...,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let leaves = try await avim.auditLeaves()
            let file = community.folder.appending(path: "wrong-\(UInt32.random(in: .min ... .max)).json")
            try Data(text.utf8).write(to: file)
            let sent = try await avim.command("send", file.path)
            #expect(sent.exitStatus == status, "\(sent.said)", sourceLocation: sourceLocation)
            for word in words { #expect(sent.said.contains(word), "\(sent.said)", sourceLocation: sourceLocation) }
            #expect(try await avim.auditLeaves() == leaves, sourceLocation: sourceLocation)
            #expect(try await avim.api.deliveries() == [], sourceLocation: sourceLocation)
        }

        private func text(_ change: (inout JSONObject) -> Void) throws -> String {
            var submission = ExampleSignal.submission(to: [.guardian])
            change(&submission)
            return String(decoding: try JSONWriter.write(.object(submission)), as: UTF8.self)
        }

        private func body(_ change: (inout JSONObject) -> Void) throws -> String {
            var body = ExampleSignal.body()
            change(&body)
            return try text { $0["body"] = .object(body) }
        }

        @Test func `text that is no JSON is refused`() async throws {
            try await expect("{", saying: "submission-invalid")
            try await expect("", saying: "submission-invalid")
            try await expect(#"{"type":"SIG-01","type":"SIG-01"}"#, saying: "submission-invalid", "type")
        }

        @Test func `a file that is not there is an error of set-up`() async throws {
            let sent = try await avim.command("send", community.folder.path + "/nothing.json")
            #expect(sent.exitStatus == 2)
            #expect(sent.said.contains("file-missing"))
        }

        @Test func `a member that nobody knows is named`() async throws {
            try await expect(text { $0["colour"] = "red" }, saying: "submission-invalid", "colour")
            try await expect(body { $0["colour"] = "red" }, saying: "submission-invalid", "body.colour")
        }

        @Test func `an unknown code is named with the values that may stand there`() async throws {
            try await expect(
                body { $0["talkType"] = "small-talk" }, saying: "submission-invalid", "body.talkType", "identification")
            try await expect(text { $0["priority"] = "soon" }, saying: "priority", "stat", "asap", "routine")
        }

        @Test func `a missing member and a broken rule are named`() async throws {
            try await expect(body { $0["location"] = nil }, saying: "body.location")
            try await expect(body { $0["acuteDanger"] = true }, saying: "priority", "stat")
        }

        @Test func `an unknown recipient, a wrong role and the node itself are refused`() async throws {
            let parties: [(oin: String, role: String)] = [
                ("00000099000000999000", "guardian"), (community[slug: "nidos"].oin.text, "immigration"),
                (avim.oin.text, "police"),
            ]
            for party in parties {
                try await expect(
                    text { $0["recipients"] = [["oin": .string(party.oin), "role": .string(party.role)]] },
                    saying: "recipient", party.oin)
            }
        }

        @Test func `a content beyond its limit is refused`() async throws {
            let long = String(repeating: "a", count: ProtocolLimits.contentMaximumBytes)
            try await expect(#"{"type":"SIG-01","purpose":"\#(long)"}"#, saying: "submission-invalid", "65536")
            try await expect(
                body { $0["explanation"] = .string(String(repeating: "a", count: 8_001)) },
                saying: "submission-invalid", "body.explanation", "8000")
        }

        @Test func `a key that is no key is refused`() async throws {
            let file = try ExampleSignal.file(ExampleSignal.submission(to: [.guardian]), in: community.folder)
            let sent = try await avim.command("send", file.path, "--key", "with a space")
            #expect(sent.exitStatus == 3)
            #expect(sent.said.contains("idempotency-key-invalid"), "\(sent.said)")
        }

        @Test(arguments: [
            ("9223372036854775807", "delivery-unknown"), ("9223372036854775808", "request-invalid"),
            ("18446744073709551616", "request-invalid"), ("-1", "request-invalid"),
        ])
        func `a number that no delivery has is no fault of the store`(number: String, code: String) async throws {
            for event in ["hold", "withdraw"] {
                let moved = try await avim.command(
                    "queue", event, "--partner", community[slug: "nidos"].oin.text, "--number=\(number)", "--as",
                    "duty-officer", "--reason", "a slip")
                #expect(moved.exitStatus == 3, "\(moved.said)")
                #expect(moved.said.contains("exchange-node: \(code): "), "\(moved.said)")
            }
        }

        @Test func `a message that is not in the inbox cannot be taken`() async throws {
            let unknown = MessageID(at: .current, random: Randomness.bytes16()).description
            let taken = try await avim.command("inbox", "take", unknown, "--as", "duty-officer")
            #expect(taken.exitStatus == 3)
            #expect(taken.said.contains("message-unknown"))
            let shown = try await avim.command("queue", "show", "nonsense")
            #expect(shown.exitStatus == 3)
            #expect(shown.said.contains("request-invalid"), "\(shown.said)")
        }
    }
}
