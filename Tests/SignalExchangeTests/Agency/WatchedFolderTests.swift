import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Synchronization
import Testing

extension Nodes {
    /// Systems that can do no more than read and write files (docs/agency-api.md, "A watched folder").
    @Suite struct WatchedFolderTests {
        /// A community in which AVIM and Nidos have a watched folder each.
        private func withFolders(
            _ body: (_ avim: NodeHandle, _ nidos: NodeHandle, _ out: URL, _ in: URL) async throws -> Void
        ) async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let (out, into) = (
                    community.folder.appending(path: "avim-files"),
                    community.folder.appending(path: "nidos-files")
                )
                try avim.addConfiguration("folder:\n  path: \(out.path)")
                try nidos.addConfiguration("folder:\n  path: \(into.path)")
                try await avim.process.start()
                try await nidos.process.start()
                _ = try await appeared(out.appending(path: "outbox"))
                try await body(avim, nidos, out, into)
            }
        }

        private func appeared(_ url: URL, within span: Milliseconds = .seconds(30)) async throws -> URL {
            try await ExchangeTesting.within(span, "\(url.lastPathComponent) to be there") {
                try await poll { FileManager.default.fileExists(atPath: url.path) ? url : nil }
            }
        }

        private func vanished(_ url: URL) async throws {
            _ = try await ExchangeTesting.within(.seconds(30), "\(url.lastPathComponent) to be gone") {
                try await poll { FileManager.default.fileExists(atPath: url.path) ? nil : true }
            }
        }

        private func json(_ url: URL) throws -> JSONValue {
            try JSONParser.parse(Array(try Data(contentsOf: url)), limits: .message)
        }

        /// Lays a file there as a system does: written beside, then renamed.
        private func lay(_ text: String, as name: String, in folder: URL) throws {
            let temporary = folder.appending(path: "outbox/." + name)
            try Data(text.utf8).write(to: temporary)
            try #require(rename(temporary.path, folder.appending(path: "outbox/" + name).path) == 0)
        }

        private var signal: String {
            get throws {
                String(
                    decoding: try JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian]))), as: UTF8.self)
            }
        }

        @Test func `a file that is laid there is sent, and what came is laid there whole`() async throws {
            try await withFolders { _, nidos, out, into in
                let text = try signal
                try lay(text, as: "case-17.json", in: out)
                let sent = try json(try await appeared(out.appending(path: "sent/case-17.json")))
                let id = try #require(sent["id"]?.text)
                try await vanished(out.appending(path: "outbox/case-17.json"))
                let message = try json(try await appeared(into.appending(path: "inbox/\(id).json")))
                #expect(message["type"]?.text == "SIG-01" && message["body"] != nil)
                // The same file once more, after any doubt: the same message.
                try FileManager.default.removeItem(at: out.appending(path: "sent/case-17.json"))
                try lay(text, as: "case-17.json", in: out)
                #expect(try json(try await appeared(out.appending(path: "sent/case-17.json")))["id"]?.text == id)
                // Taken away by the agency's system, it does not come again, whatever happens to the node.
                try FileManager.default.removeItem(at: into.appending(path: "inbox/\(id).json"))
                try await nidos.process.kill()
                try await nidos.process.start()
                try lay(try signal, as: "case-18.json", in: out)
                let next = try json(try await appeared(out.appending(path: "sent/case-18.json")))
                let second = try #require(next["id"]?.text)
                _ = try await appeared(into.appending(path: "inbox/\(second).json"))
                let kept = try FileManager.default.contentsOfDirectory(atPath: into.appending(path: "inbox").path)
                #expect(kept == ["\(second).json"])
            }
        }

        @Test func `a file that is still being written is left alone`() async throws {
            try await withFolders { _, _, out, _ in
                let text = try signal
                let file = out.appending(path: "outbox/slow.json")
                let half = text.utf8.count / 2
                try Data(text.utf8.prefix(half)).write(to: file)
                let handle = try FileHandle(forWritingTo: file)
                try handle.seekToEnd()
                // Somebody is at it for longer than three looks of the node take.
                let looks = Mutex(0)
                _ = try await ExchangeTesting.within(.seconds(60), "the file to be written") {
                    try await poll {
                        let look = looks.withLock { looks in
                            looks += 1
                            return looks
                        }
                        try FileManager.default.setAttributes(
                            [.modificationDate: Date(timeIntervalSince1970: Double(look))], ofItemAtPath: file.path)
                        return look == 80 ? true : nil
                    }
                }
                #expect(!FileManager.default.fileExists(atPath: out.appending(path: "refused/slow.json").path))
                try handle.write(contentsOf: Data(text.utf8.dropFirst(half)))
                try handle.close()
                _ = try await appeared(out.appending(path: "sent/slow.json"))
            }
        }

        @Test func `a file that is no submission is put aside with the reason, and stops no other`() async throws {
            try await withFolders { _, _, out, _ in
                try lay("{", as: "a-broken.json", in: out)
                try lay(String(repeating: " ", count: 70_000), as: "b-large.json", in: out)
                // What it leads to could well be sent: it may be what the one who laid the link must not read.
                let elsewhere = out.appending(path: "elsewhere.json")
                try Data(try signal.utf8).write(to: elsewhere)
                try FileManager.default.createSymbolicLink(
                    at: out.appending(path: "outbox/c-link.json"), withDestinationURL: elsewhere)
                try lay(try signal, as: "d-good.json", in: out)
                _ = try await appeared(out.appending(path: "sent/d-good.json"))
                for name in ["a-broken", "b-large", "c-link"] {
                    let problem = try json(try await appeared(out.appending(path: "refused/\(name).problem.json")))
                    #expect(problem["title"]?.text == "submission-invalid", "\(name)")
                    #expect(problem["detail"]?.text?.isEmpty == false)
                    let aside = out.appending(path: "refused/\(name).json").path
                    #expect((try? FileManager.default.attributesOfItem(atPath: aside)) != nil, "\(name)")
                    let sent = out.appending(path: "sent/\(name).json").path
                    #expect(!FileManager.default.fileExists(atPath: sent), "\(name)")
                }
            }
        }

        @Test func `a file whose namesake is still being sent waits for it, and neither is lost`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let avim = community[slug: "avim"]
                let out = community.folder.appending(path: "avim-files")
                try avim.addConfiguration("folder:\n  path: \(out.path)")
                // No room for anything but what cannot wait: the first of them stays where it is sent from.
                try avim.configure("queueMaximumItemsPerPartner", 1)
                try await avim.process.start()
                _ = try await appeared(out.appending(path: "outbox"))
                let (first, second) = (try signal, try signal.replacing("A synthetic example.", with: "Another."))
                try lay(first, as: "same.json", in: out)
                try await avim.waitForOwnAlarm(.agencyUnreachable, saying: "queue-full")
                try lay(second, as: "same.json", in: out)
                // Laid after it, and gone from there: it could have been taken too.
                try lay("no JSON", as: "later.json", in: out)
                _ = try await appeared(out.appending(path: "refused/later.json"))
                for (place, text) in [("sending", first), ("outbox", second)] {
                    let file = out.appending(path: place + "/same.json")
                    #expect(try String(contentsOf: file, encoding: .utf8) == text, "\(place)")
                }
            }
        }

        @Test func `what an interrupted run left half-written is taken away, and what came is laid down whole`()
            async throws
        {
            try await withFolders { avim, nidos, _, into in
                let work = try await appeared(into.appending(path: ".work"))
                try await nidos.process.stop()
                let half = work.appending(path: UUID().uuidString)
                try Data(#"{"id":"0189"#.utf8).write(to: half)
                let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "whole")
                try await nidos.process.start()
                let message = try json(try await appeared(into.appending(path: "inbox/\(id).json")))
                #expect(message["body"] != nil && message["unreadable"] == nil)
                #expect(!FileManager.default.fileExists(atPath: half.path))
                let laid = try FileManager.default.contentsOfDirectory(atPath: into.appending(path: "inbox").path)
                #expect(laid == ["\(id).json"])
            }
        }

        @Test func `a link in the place of a file that the node writes is replaced, and nothing behind it is touched`()
            async throws
        {
            try await withFolders { _, _, out, _ in
                let victim = out.appending(path: "victim")
                try Data("untouched".utf8).write(to: victim)
                try #require(chmod(victim.path, 0o600) == 0)
                for name in ["linked.json", ".linked.json.new"] {
                    try FileManager.default.createSymbolicLink(
                        at: out.appending(path: "sent/" + name), withDestinationURL: victim)
                }
                try lay(try signal, as: "linked.json", in: out)
                try await vanished(out.appending(path: "outbox/linked.json"))
                try await vanished(out.appending(path: "sending/linked.json"))
                #expect(try String(contentsOf: victim, encoding: .utf8) == "untouched")
                let rights = try FileManager.default.attributesOfItem(atPath: victim.path)[.posixPermissions] as? Int
                #expect(rights == 0o600)
                #expect(try json(out.appending(path: "sent/linked.json"))["id"]?.text != nil)
            }
        }

        @Test func `a file that cannot be sent now holds up nothing that comes`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let out = community.folder.appending(path: "avim-files")
                try avim.addConfiguration("folder:\n  path: \(out.path)")
                // No room for anything but what cannot wait.
                try avim.configure("queueMaximumItemsPerPartner", 1)
                try await avim.process.start()
                try await nidos.process.start()
                _ = try await appeared(out.appending(path: "outbox"))
                try lay(try signal, as: "blocked.json", in: out)
                try await avim.waitForOwnAlarm(.agencyUnreachable, saying: "queue-full")
                let id = try await nidos.api.submit(.object(ExampleSignal.submission(to: [.police])), key: "comes")
                _ = try await appeared(out.appending(path: "inbox/\(id).json"))
                #expect(FileManager.default.fileExists(atPath: out.appending(path: "sending/blocked.json").path))
            }
        }

        @Test func `a folder into which others may write is not used`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let avim = community[slug: "avim"]
                let out = community.folder.appending(path: "open-files")
                try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
                try #require(chmod(out.path, 0o777) == 0)
                try avim.addConfiguration("folder:\n  path: \(out.path)")
                try await avim.process.start()
                try await avim.waitForOwnAlarm(.agencyUnreachable, saying: "nobody else may write into it")
            }
        }

        @Test func `a folder that cannot be written is an alarm, and what came waits until it can`() async throws {
            try await withFolders { avim, nidos, _, into in
                let inbox = into.appending(path: "inbox")
                _ = try await appeared(inbox)
                // Root writes into any folder: a file in its place stops even it.
                try FileManager.default.removeItem(at: inbox)
                try Data().write(to: inbox)
                let id = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian])), key: "folder-full")
                try await nidos.waitForOwnAlarm(.agencyUnreachable, saying: "node-watched-folder")
                try FileManager.default.removeItem(at: inbox)
                _ = try await appeared(inbox.appending(path: "\(id).json"), within: .seconds(90))
            }
        }
    }
}
