import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// The command and the mail of the ladder, on nodes and programs as processes.
    @Suite struct EscalationOutletTests {
        /// Starts both nodes, the guardian's with clocks of seconds, and sends a signal that nobody takes.
        private func sendUntaken(
            in community: ExampleCommunity, _ sections: String, key: String
        ) async throws -> (avim: NodeHandle, nidos: NodeHandle, signal: MessageID) {
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            try nidos.append(CompressedClocks.sections + sections)
            try await avim.process.start()
            try await nidos.process.start()
            let signal = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.guardian], priority: .stat)), key: key)
            return (avim, nidos, signal)
        }

        private func steps(_ runs: [LadderProgram.Run]) -> [String] {
            runs.filter { $0.entry?["subject"]?.text == "ownership" }.map(\.step)
        }

        @Test func `a signal that nobody takes goes to the command and by mail, step by step, and so does its end`()
            async throws
        {
            try await ExampleCommunity.inTemporaryFolder { community in
                let command = try LadderProgram("page", in: community.folder)
                let sendmail = try LadderProgram("mail", in: community.folder)
                // As an MTA's own command line: it is given nothing but `-t -i`.
                let mta = community.folder.appending(path: "sendmail")
                try Data("#!/bin/sh\nexec \(sendmail.path) \(sendmail.arguments) \"$@\"\n".utf8).write(to: mta)
                try #require(chmod(mta.path, 0o755) == 0)
                try sendmail.set(.fail)
                let (_, nidos, signal) = try await sendUntaken(
                    in: community,
                    """
                    escalation:
                      command: \(command.path)
                      arguments: \(command.arguments) --queue night
                      steps: deputy, management
                      mail:
                        sendmail: \(mta.path)
                        from: node@nidos.example
                        to: duty@nidos.example, deputy@nidos.example

                    """, key: "night")
                let failed = try await sendmail.waitForRuns("a mail that fails") { !$0.isEmpty }
                try sendmail.set(.work)
                _ = try await command.waitForRuns("management") { steps($0).contains("management") }
                // An operator looks on, and sees what is taken from now on too.
                let follower = try ChildProcess(
                    NodeProcess.builtExecutable,
                    ["obligations", "steps", "--follow", "--json", "--last", "2", "--folder", nidos.folder.path],
                    output: .lines)
                var seen: [JSONValue] = []
                func look(until isThere: ([JSONValue]) -> Bool) async throws {
                    for await line in follower.lines {
                        seen.append(try JSONParser.parse(Array(line.utf8), limits: .message))
                        if isThere(seen) { return }
                    }
                }
                try await look { $0.count == 2 }
                try await nidos.api.take(signal, role: "deputy-guardian")
                try await look { $0.last?["step"]?.text == "ended" && $0.last?["subject"]?.text == "ownership" }
                let numbers = seen.compactMap { $0["number"]?.number }
                #expect(
                    numbers.count > 2 && zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 }, "\(numbers)")
                let shown = try await Command.run(
                    NodeProcess.builtExecutable.path, ["obligations", "steps", "--folder", nidos.folder.path])
                #expect(
                    shown.succeeded && shown.said.contains("deputy of the duty desk, +31200000001"), "\(shown.said)")
                let runs = try await command.waitForRuns("the end") { steps($0).contains("ended") }
                #expect(steps(runs) == ["deputy", "management", "ended"], "remind is not asked for")
                #expect(runs.allSatisfy { $0.arguments == "--queue night\n" })
                let deputy = try #require(runs.first?.entry)
                #expect(deputy["message"]?.text == signal.description && deputy["priority"]?.text == "stat")
                #expect(deputy["contact"]?.text == "deputy of the duty desk, +31200000001")
                #expect(deputy["due"]?.text != nil && deputy["since"]?.text != nil && deputy["debtor"] == .null)
                let end = try #require(runs.first { $0.step == "ended" }?.entry)
                #expect(end["told"]?.elements.compactMap(\.text) == ["remind", "deputy", "management"])

                let mails = try await sendmail.waitForRuns("the mail of the end") {
                    $0.contains { $0.header("Subject")?.contains(" ended, ownership") == true }
                }
                #expect(mails.allSatisfy { $0.arguments == "-t -i\n" })
                // The one that failed came again under its own name, and no two entries have one.
                let first = try #require(failed.first?.header("Message-ID"))
                let names = mails.compactMap { $0.header("Message-ID") }
                let again = names.prefix { $0 == first }.count
                #expect(again >= 2 && Set(names.dropFirst(again)).count == names.count - again, "\(names)")
                #expect(!names.dropFirst(again).contains(first))
                let subject = try #require(mails.first?.header("Subject"))
                let reference = try #require(deputy["caseRef"]?.text)
                #expect(subject.hasPrefix("[stat] SIG-01 deputy, ") && subject.hasSuffix(", case \(reference)"))
                #expect(mails.first?.header("To") == "duty@nidos.example, deputy@nidos.example")
                // Nothing of the content, nor of the people in it.
                let content = String(
                    decoding: try JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian]))), as: UTF8.self)
                for word in ["indicators", "child", "acuteDanger"] where content.contains(word) {
                    #expect(!(runs + mails).contains { $0.input.contains(word) }, "\(word)")
                }
                // What is set up no more begins anew.
                #expect(try await nidos.process.stop() == .exited(status: 0))
                let text = try nidos.folder.readText(nidos.folder.configuration)
                let kept = text.components(separatedBy: "escalation:\n  command").first ?? ""
                try NodeFolder.write(Array(kept.utf8), to: nidos.folder.configuration)
                try await nidos.process.start()
                let followers = try await nidos.api.client.get("/v1/consumers")["items"]?.elements.compactMap {
                    $0["name"]?.text
                }
                #expect(followers == [])
            }
        }

        @Test func `a node that is killed before a command is done runs it again, and leaves none out`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let command = try LadderProgram("page", in: community.folder)
                try command.set(.hang)
                let (_, nidos, _) = try await sendUntaken(
                    in: community, "escalation:\n  command: \(command.path)\n  arguments: \(command.arguments)\n",
                    key: "killed")
                let before = try await command.waitForRuns("the first entry") { !$0.isEmpty }
                // While it hangs the ladder goes on.
                _ = try await within(.seconds(30), "management to be due") {
                    try await poll {
                        let page = try await nidos.api.client.get("/v1/escalations")
                        return page["items"]?.elements.contains { $0["step"]?.text == "management" } == true
                            ? true : nil
                    }
                }
                try await nidos.process.kill()
                try command.set(.work)
                try await nidos.process.start()
                let kept = try await nidos.api.client.get("/v1/escalations?after=0&limit=500")["items"]?.elements ?? []
                let numbers = kept.compactMap { $0["number"]?.number }
                let runs = try await command.waitForRuns("all entries") { $0.count > numbers.count }
                #expect(before.map(\.number) == [1])
                #expect(Array(runs.map(\.number).prefix(numbers.count + 1)) == [1] + numbers)
            }
        }

        @Test func `whoever has much that is late does not keep the duty desk from the one of another`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let command = try LadderProgram("page", in: community.folder)
                try command.set(.fail)
                let (avim, nidos, first) = try await sendUntaken(
                    in: community, "escalation:\n  command: \(command.path)\n  arguments: \(command.arguments)\n",
                    key: "flood-1")
                let reception = community[slug: "coa"]
                try await reception.process.start()
                for number in 2...4 {
                    _ = try await avim.api.submit(
                        .object(ExampleSignal.submission(to: [.guardian], priority: .stat)), key: "flood-\(number)")
                }
                try await nidos.api.waitForInbox(first)
                // The first of the flood fails while all of it, and what comes behind it, becomes late.
                _ = try await command.waitForRuns("the first entry") { !$0.isEmpty }
                @Sendable func escalations() async throws -> [JSONValue] {
                    try await nidos.api.client.get("/v1/escalations?after=0&limit=500")["items"]?.elements ?? []
                }
                _ = try await within(.seconds(30), "all of the flood to be late") {
                    try await poll {
                        Set(try await escalations().compactMap { $0["message"]?.text }).count == 4 ? true : nil
                    }
                }
                let other = try await reception.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian], priority: .stat)), key: "other")
                let kept = try await within(.seconds(30), "the other's to be late") {
                    try await poll {
                        let items = try await escalations()
                        return items.contains { $0["message"]?.text == other.description } ? items : nil
                    }
                }
                let before = kept.prefix { $0["message"]?.text != other.description }.compactMap { $0["message"]?.text }
                #expect(Set(before).count == 4, "the flood was late before it")
                try command.set(.work)
                let runs = try await command.waitForRuns("the other's") { runs in
                    runs.contains { $0.entry?["message"]?.text == other.description }
                }
                let earlier = runs.prefix { $0.entry?["message"]?.text != other.description }
                #expect(
                    Set(earlier.map(\.number)) == [1],
                    "of the flood that whose turn it was, again and again, and no other")
            }
        }

        @Test func `a command that hangs is ended with its limit, one that fails is an alarm until it works again`()
            async throws
        {
            try await ExampleCommunity.inTemporaryFolder { community in
                let command = try LadderProgram("page", in: community.folder)
                try command.set(.hang)
                try community[slug: "nidos"].configure("escalationRunSeconds", 1)
                let (_, nidos, _) = try await sendUntaken(
                    in: community, "escalation:\n  command: \(command.path)\n  arguments: \(command.arguments)\n",
                    key: "hangs")
                let hung = try await command.waitForRuns("the first entry") { !$0.isEmpty }
                let identifier = try #require(command.identifier)
                try await nidos.waitForLog("was not done within 1 seconds", within: .seconds(30))
                #expect(kill(identifier, 0) == -1 && errno == ESRCH, "it was ended, although it is deaf")
                try command.set(.fail)
                try await nidos.waitForOwnAlarm(
                    .escalationFailing, saying: "exited with status 3", within: .seconds(60))
                try await nidos.waitForLog("no line to the pager")
                // It is the same entry each time: nothing is passed over.
                #expect(try Set(command.runs.map(\.number)) == Set(hung.map(\.number)))
                try command.set(.work)
                try await nidos.waitForNoOwnAlarm(.escalationFailing, within: .seconds(60))
                _ = try await command.waitForRuns("what waited behind it") { $0.contains { $0.number == 2 } }
                #expect(try await nidos.process.stop() == .exited(status: 0))
            }
        }

        @Test func `a node that is asked to stop does not wait for a command that hangs`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let command = try LadderProgram("page", in: community.folder)
                try command.set(.hang)
                let (_, nidos, _) = try await sendUntaken(
                    in: community, "escalation:\n  command: \(command.path)\n  arguments: \(command.arguments)\n",
                    key: "stops")
                _ = try await command.waitForRuns("the first entry") { !$0.isEmpty }
                let identifier = try #require(command.identifier)
                #expect(try await nidos.process.stop() == .exited(status: 0))
                #expect(kill(identifier, 0) == -1 && errno == ESRCH)
            }
        }

        @Test(arguments: ["file", "folder", "missing", "folder instead", "relative", "sendmail"])
        func `a program that others may change, or that is none, is refused at start`(what: String) async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let nidos = community[slug: "nidos"]
                let place = community.folder.appending(path: "programs")
                try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
                let command = try LadderProgram("page", in: place)
                var (path, words) = (command.path, "may be changed by others")
                switch what {
                case "file", "sendmail": try #require(chmod(command.path, 0o775) == 0)
                case "folder":
                    try #require(chmod(place.path, 0o777) == 0)
                    words = "others may write into \(place.path)"
                case "missing": (path, words) = (path + "-not", "is not there")
                case "folder instead": (path, words) = (place.path, "is no file that this user may run")
                default: (path, words) = ("page", "must be an absolute path")
                }
                let isMail = what == "sendmail"
                try nidos.append(
                    isMail
                        ? "escalation:\n  mail:\n    sendmail: \(path)\n    from: a@b.example\n    to: c@b.example\n"
                        : "escalation:\n  command: \(path)\n")
                let failure = try await #require(throws: NodeProcess.Failure.self) { try await nidos.process.start() }
                #expect(failure.log.contains("configuration-invalid") && failure.log.contains(words), "\(failure.log)")
                #expect(failure.log.contains(isMail ? "escalation.mail.sendmail" : "escalation.command"))
            }
        }
    }
}
