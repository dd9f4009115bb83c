import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    /// What an agency's own system cannot say in its node's place.
    @Suite(.community(running: "avim", "nidos")) struct NodesOwnWordsTests {
        let avim: NodeHandle
        let nidos: NodeHandle

        init() throws {
            let community = try #require(Stage.community)
            (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
        }

        private func submission(
            _ type: String, answering id: MessageID, _ members: KeyValuePairs<String, JSONValue>
        ) -> JSONValue {
            var submission = ExampleSignal.submission(to: [.police])
            submission["type"] = .string(type)
            submission["inReplyTo"] = .string(id.description)
            var body = JSONObject()
            for (member, value) in members { body[member] = value }
            submission["body"] = .object(body)
            return .object(submission)
        }

        @Test func `what the node says by itself no system hands in, and it is told what to do instead`() async throws {
            let signal = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.guardian])), key: "signal")
            try await nidos.api.waitForInbox(signal)
            let named: JSONValue = .string(signal.description)
            let digest: JSONValue = .string(Digest.zero.description)
            let words = [
                (
                    submission(
                        "NOD-02", answering: signal,
                        [
                            "messageId": named, "messageDigest": digest, "sender": .string(avim.oin.text),
                            "status": "received", "ownerRole": "duty-guardian",
                        ]), "/v1/inbox/\(signal)/_take"
                ),
                (
                    submission(
                        "NOD-03", answering: signal,
                        ["messageId": named, "messageDigest": digest, "status": "completed", "outcome": "done"]),
                    "take, decline or conclude it"
                ),
                (
                    submission("NOD-10", answering: signal, ["scope": "shared", "messages": [], "more": false]),
                    "the answer of this node's own ledger"
                ),
            ]
            for (index, (word, advice)) in words.enumerated() {
                for path in ["/v1/messages", "/v1/submissions/_check"] {
                    let error = try await #require(throws: NodeError.self) {
                        if path == "/v1/messages" {
                            _ = try await nidos.api.submit(word, key: "word-\(index)")
                        } else {
                            _ = try await nidos.api.client.post(path, body: JSONWriter.write(word))
                        }
                    }
                    #expect(error.code == .madeByTheNode && error.message.contains(advice), "\(error)")
                }
            }
            let queued = try await nidos.api.deliveries().map(\.type)
            #expect(!queued.contains("NOD-02") && !queued.contains("NOD-10"), "\(queued)")
            // By the step itself it is said, and by the node.
            try await nidos.api.take(signal, role: "duty-guardian")
            _ = try await within(.seconds(20), "AVIM to see that it was taken") {
                try await poll {
                    try await avim.api.deliveries().contains { $0.messageID == signal && $0.state == .owned }
                        ? true : nil
                }
            }
        }

        @Test func `of a message that is not in the inbox the acknowledgement is the system's to say`() async throws {
            let id = try await nidos.api.submit(
                .object(ExampleSignal.groundlessAcknowledgement(to: .police, by: "duty-guardian")), key: "lost")
            try await nidos.api.waitForAnswers(to: id)
        }
    }
}
