import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// Systems that wait to be called (docs/agency-api.md, "Hooks").
    @Suite struct WebHookTests {
        private static let secret = "whsec_" + Data((1...32).map { UInt8($0) }).base64EncodedString()

        private func setUp(_ node: NodeHandle, _ lines: String) throws {
            let file = node.folder.file("keys/hook.secret")
            try NodeFolder.write(Array(Self.secret.utf8), to: file, isSecret: true)
            try node.addConfiguration("hooks:\n  secret: keys/hook.secret\n" + lines)
        }

        @Test func `each entry is called for in order until it is taken, signed, without content`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                // Not there, then broken, then somewhere else, then there.
                let hook = try await HookSystem(secret: Self.secret, statuses: [500, 302])
                try setUp(nidos, "  inbox: http://127.0.0.1:\(hook.port)/inbox")
                try await avim.process.start()
                try await nidos.process.start()
                let first = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "hook-1")
                let second = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian])), key: "hook-2")
                let calls = try await hook.calls(4)
                #expect(calls.map(\.status) == [500, 302, 204, 204])
                #expect(calls.allSatisfy { $0.isVerified && $0.path == "/inbox" })
                #expect(calls.map(\.messageID) == [first, first, first, second].map(\.description))
                #expect(Set(calls.prefix(3).map(\.id)).count == 1)
                #expect(calls.allSatisfy { !$0.hasContent })
                // It was an alarm, and is none any more.
                _ = try await within(.seconds(20), "the alarm to end") {
                    try await poll {
                        try await nidos.api.alarms().contains { $0.code == AlarmCode.agencyUnreachable.rawValue }
                            ? nil : true
                    }
                }
                // Killed after the answer: what was taken is not called for again.
                try await nidos.process.kill()
                try await nidos.process.start()
                let third = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "hook-3")
                #expect(try await hook.calls(1).map(\.messageID) == [third.description])
            }
        }

        @Test func `a hook that nobody serves is an alarm, and delays nothing else`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let holder = try PortHolder()
                try setUp(avim, "  deliveries: http://127.0.0.1:\(holder.port)/deliveries")
                try await avim.process.start()
                try await nidos.process.start()
                let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "hook-dead")
                try await avim.api.waitForAnswers(to: id)
                try await avim.waitForOwnAlarm(.agencyUnreachable, saying: "node-deliveries-hook")
            }
        }

        @Test func `a hook whose answer never ends does not stop the next call`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let hook = try await HookSystem(secret: Self.secret, statuses: [299, 299])
                try setUp(nidos, "  inbox: http://127.0.0.1:\(hook.port)/inbox")
                try await avim.process.start()
                try await nidos.process.start()
                var sent: [String] = []
                for number in 1...3 {
                    sent.append(
                        try await avim.api.submit(
                            .object(ExampleSignal.submission(to: [.guardian])), key: "endless-\(number)"
                        ).description)
                }
                #expect(try await hook.calls(3).map(\.messageID) == sent)
                #expect(try await nidos.process.stop() == .exited(status: 0))
            }
        }

        @Test func `each change of a delivery is called for`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let hook = try await HookSystem(secret: Self.secret, statuses: [])
                try setUp(avim, "  deliveries: http://127.0.0.1:\(hook.port)/deliveries")
                try await avim.process.start()
                try await nidos.process.start()
                let id = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian])), key: "hook-moves")
                #expect(try await hook.calls(1).map(\.messageID) == [id.description])
                try await nidos.api.take(id, role: "duty-officer")
                #expect(try await hook.calls(1).map(\.messageID) == [id.description])
            }
        }

        @Test func `each step of the ladder is called for in order, and its end, without content`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let hook = try await HookSystem(secret: Self.secret, statuses: [500])
                try setUp(nidos, "  escalations: http://127.0.0.1:\(hook.port)/steps")
                try nidos.append(CompressedClocks.sections)
                try await avim.process.start()
                try await nidos.process.start()
                let id = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian], priority: .stat)), key: "steps")
                var steps: [String] = []
                func follow(until last: String) async throws {
                    while steps.last != last {
                        let call = try #require(try await hook.calls(1).first)
                        #expect(call.isVerified && call.path == "/steps" && call.messageID == id.description)
                        #expect(!call.hasContent)
                        if call.status == 204, call.subject == "ownership" { steps.append(call.step) }
                    }
                }
                try await follow(until: "management")
                try await nidos.api.take(id, role: "deputy-guardian")
                try await follow(until: "ended")
                #expect(steps == ["remind", "deputy", "management", "ended"])
            }
        }

        @Test(arguments: [
            ("  inbox: http://case-system.example/in", "hooks.inbox"),
            ("  escalations: http://case-system.example/in", "hooks.escalations"),
            ("  inbox: http://127.0.0.1.example/in", "hooks.inbox"),
            ("  inbox: http://127.0.0.1:x@case-system.example/in", "hooks.inbox"),
            ("  deliveries: https://name:word@case-system.example/in", "hooks.deliveries"),
        ])
        func `a hook does not go over a network in clear`(line: String, key: String) async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let avim = community[slug: "avim"]
                try setUp(avim, line)
                let failure = try await #require(throws: NodeProcess.Failure.self) { try await avim.process.start() }
                #expect(failure.log.contains("configuration-invalid") && failure.log.contains(key), "\(failure.log)")
            }
        }

        @Test(arguments: ["", "whsec_", "whsec_c2hvcnQ=", "no secret"])
        func `a secret that is none, or too short, is refused at start`(text: String) async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let avim = community[slug: "avim"]
                try setUp(avim, "  inbox: http://127.0.0.1:1/in")
                try NodeFolder.write(Array(text.utf8), to: avim.folder.file("keys/hook.secret"), isSecret: true)
                let failure = try await #require(throws: NodeProcess.Failure.self) { try await avim.process.start() }
                #expect(
                    failure.log.contains("configuration-invalid")
                        && failure.log.contains("hook.secret holds no secret"),
                    "\(failure.log)")
            }
        }

        @Test func `a secret that others may read is refused at start`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let avim = community[slug: "avim"]
                try setUp(avim, "  inbox: http://127.0.0.1:1/in")
                try #require(chmod(avim.folder.file("keys/hook.secret"), 0o644) == 0)
                let failure = try await #require(throws: NodeProcess.Failure.self) { try await avim.process.start() }
                #expect(failure.log.contains("key-exposed"), "\(failure.log)")
            }
        }
    }
}

/// A system behind a hook, as a process of its own.
private final class HookSystem: Sendable {
    struct Call: Sendable {
        let path: String
        let id: String
        let status: Int64
        let isVerified: Bool
        let messageID: String
        let hasContent: Bool
        /// Of an escalation.
        let step: String
        let subject: String
    }

    let port: Int
    private let child: ChildProcess

    init(secret: String, statuses: [Int]) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Support/hook.py")
        let child = try ChildProcess(
            URL(filePath: "/usr/bin/python3"), [script.path, secret] + statuses.map(String.init), output: .lines)
        self.child = child
        let line = try await within(.seconds(20), "the hook to listen") {
            for await line in child.lines { return line }
            return ""
        }
        port = Int(try #require(try JSONParser.parse(Array(line.utf8), limits: .message)["port"]?.number))
    }

    /// The next calls that it was made.
    func calls(_ count: Int) async throws -> [Call] {
        let child = child
        return try await within(.seconds(60), "\(count) calls of the hook") {
            var calls: [Call] = []
            for await line in child.lines {
                let call = try JSONParser.parse(Array(line.utf8), limits: .message)
                let entry = call["entry"]
                let escalation = entry?["escalation"]
                let subject = entry?["message"] ?? entry?["delivery"]
                calls.append(
                    Call(
                        path: call["path"]?.text ?? "", id: call["id"]?.text ?? "", status: call["status"]?.number ?? 0,
                        isVerified: call["verified"]?.flag ?? false,
                        messageID: (subject?["id"] ?? escalation?["message"])?.text ?? "",
                        hasContent: [subject, escalation].contains { $0?["body"] != nil || $0?["purpose"] != nil },
                        step: escalation?["step"]?.text ?? "", subject: escalation?["subject"]?.text ?? ""))
                if calls.count == count { break }
            }
            return calls
        }
    }
}
