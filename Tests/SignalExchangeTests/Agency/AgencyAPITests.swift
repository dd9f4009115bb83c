import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import NIOHTTP1
import SignalExchange
import Testing

extension Nodes {
    /// The API of an organisation's own systems (`docs/agency-api.md`).
    @Suite(.community(running: "nidos", "avim", isDebugging: true)) struct AgencyAPITests {
        let community: ExampleCommunity
        let nidos: NodeHandle
        let avim: NodeHandle

        init() throws {
            community = try #require(Stage.community)
            nidos = community[slug: "nidos"]
            avim = community[slug: "avim"]
        }

        private func submission(_ roles: [Role] = [.guardian]) throws -> String {
            String(decoding: try JSONWriter.write(.object(ExampleSignal.submission(to: roles))), as: UTF8.self)
        }

        /// - Parameter text: a submission of its own where it is left out.
        private func submit(_ key: String, query: String = "", _ text: String? = nil) async throws -> APICall {
            try await APICall.make(
                .POST, "/v1/messages" + query, text ?? submission(), headers: ["Idempotency-Key": key], at: avim)
        }

        private func follow(_ name: String, _ feed: String = "inbox", from: String = "now") async throws {
            let made = try await APICall.make(
                .PUT, "/v1/consumers/\(name)", #"{"feed":"\#(feed)","from":"\#(from)"}"#, at: nidos)
            try #require(made.status == 201)
        }

        private func entries(of name: String, query: String = "") async throws -> JSONValue {
            try await APICall.make(.GET, "/v1/consumers/\(name)/entries\(query)", at: nidos).json
        }

        private func confirm(_ cursor: JSONValue?, of name: String) async throws -> APICall {
            let cursor = try #require(cursor?.text)
            return try await APICall.make(
                .PUT, "/v1/consumers/\(name)/cursor", #"{"cursor":"\#(cursor)"}"#, at: nidos)
        }

        // MARK: Form

        @Test(arguments: [
            (HTTPMethod.GET, "/v1/status", UInt(200), ""), (.GET, "/", 404, "path-unknown"),
            (.GET, "/v1/nothing", 404, "path-unknown"), (.GET, "/v1/inbox/", 404, "path-unknown"),
            (.GET, "//v1//status", 404, "path-unknown"),
            (.DELETE, "/v1/inbox", 405, "method-not-allowed"), (.TRACE, "/v1/status", 405, "method-not-allowed"),
            (.GET, "/v1/status?colour=red", 400, "request-invalid"),
            (.POST, "/v1/partners/_greet?now=true", 400, "request-invalid"),
            (.GET, "/v1/inbox/01890000", 400, "request-invalid"),
            (.GET, "/v1/consumers/nobody", 404, "consumer-unknown"),
            (.GET, "/v1/consumers/No_Body", 400, "request-invalid"),
        ])
        func `every answer says its version and keeps itself out of caches, and every error is a problem`(
            method: HTTPMethod, path: String, status: UInt, code: String
        ) async throws {
            let call = try await APICall.make(method, path, at: nidos)
            #expect(call.status == status)
            #expect(call.code == code)
            for (name, value) in [
                ("API-Version", "1.0.0"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
                ("X-Frame-Options", "DENY"), ("Content-Security-Policy", "frame-ancestors 'none'"),
            ] { #expect(call.headers.first(name: name) == value, "\(name)") }
            if status == 405 { #expect(call.headers.first(name: "Allow")?.contains("GET, HEAD") == true) }
        }

        @Test func `the description is served as it stands in the repository, to pages of any origin`() async throws {
            let call = try await APICall.make(.GET, "/v1/openapi.json", at: nidos)
            let file = ExamplePKI.packageFolder.appending(path: "schemas/agency-api.v1.json")
            #expect(Data(call.body) == (try Data(contentsOf: file)))
            #expect(call.headers.first(name: "Access-Control-Allow-Origin") == "*")
        }

        @Test func `a request over its limit is told so`() async throws {
            let call = try await APICall.make(
                .POST, "/v1/messages", String(repeating: " ", count: 70_000), at: nidos)
            #expect(call.status == 413)
            #expect(call.code == "request-too-large")
        }

        // MARK: Submitting

        @Test func `the same submission again is the same message, and another under its key a conflict`() async throws
        {
            let text = try submission()
            let first = try await submit("agency-same", text)
            #expect(first.status == 201)
            let id = try #require(try first.json["id"]?.text)
            #expect(first.headers.first(name: "Location") == "/v1/messages/\(id)")
            let second = try await submit("agency-same", text)
            #expect(second.status == 200)
            #expect(try second.json["id"]?.text == id)
            #expect(try second.json["repeated"]?.flag == true)
            let other = try await submit("agency-same")
            #expect(other.status == 409)
            #expect(other.code == "idempotency-key-conflict")
            let message = try await APICall.make(.GET, "/v1/messages/\(id)", at: avim).json
            #expect(message["actor"]?.text == "unix:\(geteuid())")
        }

        @Test func `accepted is told apart from secured, and a caller can wait for it`() async throws {
            try await nidos.process.pauseRunning()
            let text = try submission()
            let first = try await submit("agency-secured", text)
            #expect(try first.json["state"]?.text == "accepted")
            let id = try #require(try first.json["id"]?.text)
            #expect(try await APICall.make(.GET, "/v1/messages/\(id)", at: avim).json["state"]?.text == "accepted")
            async let waiting = APICall.make(.GET, "/v1/messages/\(id)?waitSeconds=60", at: avim)
            try await avim.waitForLog("message=\(id) [SignalExchange] a request waits for a message to be secured")
            try await nidos.process.resume()
            #expect(try await waiting.json["state"]?.text == "secured")
            #expect(try await submit("agency-secured", query: "?waitSeconds=60", text).json["state"]?.text == "secured")
        }

        // MARK: Following

        @Test func `what is fetched comes again until it is confirmed, and then never`() async throws {
            try await follow("fetching")
            let id = try #require(try await submit("agency-fetch", query: "?waitSeconds=60").json["id"]?.text)
            let page = try await entries(of: "fetching", query: "?waitSeconds=60")
            #expect(page["items"]?.elements.map { $0["message"]?["id"]?.text } == [id])
            #expect(page["items"]?.elements.first?["message"]?["body"] != nil)
            #expect(try await entries(of: "fetching")["items"]?.elements.count == 1)
            #expect(try await confirm(page["cursor"], of: "fetching").json["repeated"]?.flag == false)
            #expect(try await confirm(page["cursor"], of: "fetching").json["repeated"]?.flag == true)
            #expect(try await entries(of: "fetching")["items"]?.elements.isEmpty == true)
            try await nidos.process.kill()
            try await nidos.process.start()
            #expect(try await entries(of: "fetching")["items"]?.elements.isEmpty == true)
        }

        @Test func `a fetch that waits is answered by the message, and by the node's end`() async throws {
            try await follow("waiting")
            async let page = entries(of: "waiting", query: "?waitSeconds=600")
            try await nidos.waitForLog("consumer=waiting seconds=600")
            let id = try #require(try await submit("agency-wait").json["id"]?.text)
            let found = try await page
            #expect(found["items"]?.elements.map { $0["message"]?["id"]?.text } == [id])
            _ = try await confirm(found["cursor"], of: "waiting")
            async let rest = entries(of: "waiting", query: "?waitSeconds=599")
            try await nidos.waitForLog("consumer=waiting seconds=599")
            #expect(try await nidos.process.stop() == .exited(status: 0))
            #expect(try await rest["items"]?.elements.isEmpty == true)
            try await nidos.process.start()
        }

        @Test func `only what a consumer was given moves it`() async throws {
            try await follow("one")
            try await follow("two")
            _ = try await submit("agency-foreign", query: "?waitSeconds=60")
            let page = try await entries(of: "one", query: "?waitSeconds=60")
            let foreign = try await confirm(page["cursor"], of: "two")
            #expect(foreign.status == 409)
            #expect(foreign.code == "cursor-invalid")
            let cursor = try #require(page["cursor"]?.text)
            let ahead = String(cursor.prefix(33)) + "999999-0-0-0"
            #expect(try await confirm(.string(ahead), of: "one").code == "cursor-invalid")
            #expect(try await confirm("nonsense", of: "one").status == 400)
            // A stream that began ahead of all would pass over what comes until then.
            let stream = try await APICall.make(
                .GET, "/v1/consumers/one/entries",
                headers: ["Accept": "text/event-stream", "Last-Event-ID": ahead], at: nidos)
            #expect(stream.code == "cursor-invalid")
            #expect(try await APICall.make(.DELETE, "/v1/consumers/one", at: nidos).status == 200)
            #expect(try await confirm(page["cursor"], of: "one").code == "consumer-unknown")
        }

        @Test func `a consumer of the node's own is nobody else's`() async throws {
            for (method, path, body) in [
                (HTTPMethod.PUT, "/v1/consumers/node-inbox-hook", #"{"feed":"inbox"}"#),
                (
                    .PUT, "/v1/consumers/node-inbox-hook/cursor",
                    #"{"cursor":"00000000000000000000000000000000.0-0-0-0"}"#
                ),
                (.DELETE, "/v1/consumers/node-inbox-hook", nil),
            ] {
                let call = try await APICall.make(method, path, body, at: nidos)
                #expect(call.code == "not-permitted", "\(method) \(path)")
            }
        }

        @Test func `a key of the node's own beginning is nobody else's`() async throws {
            let call = try await submit("node:file:1")
            #expect(call.code == "idempotency-key-invalid")
        }

        @Test func `a consumer follows one feed`() async throws {
            try await follow("single")
            let other = try await APICall.make(
                .PUT, "/v1/consumers/single", #"{"feed":"deliveries"}"#, at: nidos)
            #expect(other.code == "consumer-conflict")
        }

        @Test func `a message that the disk damaged does not stand before those that follow`() async throws {
            try await follow("damaged")
            let first = try #require(try await submit("agency-damage-1", query: "?waitSeconds=60").json["id"]?.text)
            let second = try #require(try await submit("agency-damage-2", query: "?waitSeconds=60").json["id"]?.text)
            try nidos.damageEnvelope(of: try #require(MessageID(first))) { $0.dropLast() + [$0[$0.count - 1] ^ 1] }
            let items = try #require(try await entries(of: "damaged", query: "?waitSeconds=60")["items"]?.elements)
            #expect(items.map { $0["message"]?["id"]?.text } == [first, second])
            #expect(items[0]["message"]?["unreadable"] != nil && items[0]["message"]?["body"] == nil)
            #expect(items[1]["message"]?["unreadable"] == nil && items[1]["message"]?["body"] != nil)
        }

        @Test func `a page that is full says that more waits only where more does`() async throws {
            try await follow("exact")
            for number in 1...2 { _ = try await submit("agency-exact-\(number)", query: "?waitSeconds=60") }
            let count = try #require(try await entries(of: "exact", query: "?waitSeconds=60")["items"]?.elements.count)
            try #require(count >= 2)
            for (limit, isMore) in [(count - 1, true), (count, false), (count + 1, false)] {
                let page = try await entries(of: "exact", query: "?limit=\(limit)")
                #expect(page["items"]?.elements.count == min(limit, count))
                #expect(page["more"]?.flag == isMore, "\(limit) of \(count)")
            }
        }

        @Test func `a page ends with the entry that makes it larger than 2 MiB, and the rest comes behind it`()
            async throws
        {
            try await follow("large")
            var sent: [String?] = []
            // Each close to what a content may have: so few make a page that a request's limit does not end it.
            for number in 1...45 {
                let call = try await submit("agency-large-\(number)", query: "?waitSeconds=60", largeSubmission())
                sent.append(try call.json["id"]?.text)
            }
            var pages: [JSONValue] = []
            repeat {
                let call = try await APICall.make(.GET, "/v1/consumers/large/entries?limit=500", at: nidos)
                let page = try JSONParser.parse(call.body, limits: JSONLimits(byteCount: 8 << 20, depth: 24))
                pages.append(page)
                let isMore = page["more"]?.flag == true
                let maximumBytes = 2 << 20
                #expect(call.body.count < maximumBytes + ProtocolLimits.contentMaximumBytes + 4096)
                #expect(!isMore || call.body.count > maximumBytes)
                guard isMore else { break }
                _ = try await confirm(page["cursor"], of: "large")
            } while pages.count < 9
            #expect(pages.map { $0["more"]?.flag } == [true, false])
            #expect(pages.flatMap { $0["items"]?.elements.map { $0["message"]?["id"]?.text } ?? [] } == sent)
        }

        /// A signal of over 50,000 bytes: each quotation mark is two of them.
        private func largeSubmission() throws -> String {
            func quotes(_ count: Int) -> String { String(repeating: "\"", count: count) }
            var submission = ExampleSignal.submission(to: [.guardian])
            var body = ExampleSignal.body(explanation: quotes(8000))
            body["indicators"] = .array(
                (1...16).map { code in
                    [
                        "list": "unodc-child", "code": .string("\(code)"), "strength": "not-weighted",
                        "note": .string(quotes(1000)),
                    ]
                })
            body["observedContacts"] = .array((1...16).map { .string("\($0)" + quotes(190)) })
            submission["body"] = .object(body)
            return String(decoding: try JSONWriter.write(.object(submission)), as: UTF8.self)
        }

        // MARK: As it happens

        @Test func `a stream tells what comes, goes on where it broke off, and ends with the node`() async throws {
            try await follow("streaming")
            let stream = try EventStream("streaming", at: nidos)
            let first = try #require(try await submit("agency-stream-1").json["id"]?.text)
            let event = try await stream.next()
            #expect(event.name == "message")
            #expect(event.data.contains(first))
            stream.close()
            let second = try #require(try await submit("agency-stream-2", query: "?waitSeconds=60").json["id"]?.text)
            let again = try EventStream("streaming", after: event.id, at: nidos)
            #expect(try await again.next().data.contains(second))
            // A stream confirms nothing.
            #expect(try await entries(of: "streaming")["items"]?.elements.count == 2)
            #expect(try await nidos.process.stop() == .exited(status: 0))
            #expect(try await again.isOver())
            try await nidos.process.start()
        }

        @Test func `a stream ends when its consumer is removed`() async throws {
            try await follow("removed")
            let stream = try EventStream("removed", at: nidos)
            let id = try #require(try await submit("agency-removed").json["id"]?.text)
            #expect(try await stream.next().data.contains(id))
            #expect(try await APICall.make(.DELETE, "/v1/consumers/removed", at: nidos).status == 200)
            #expect(try await stream.isOver())
        }

        @Test func `deliveries are followed to their end`() async throws {
            let made = try await APICall.make(
                .PUT, "/v1/consumers/desk", #"{"feed":"deliveries","from":"now"}"#, at: avim)
            #expect(made.status == 201)
            let stream = try EventStream("desk", at: avim)
            let id = try #require(try await submit("agency-deliveries").json["id"]?.text)
            let told = try await stream.next()
            #expect(told.name == "delivery")
            #expect(told.data.contains(id) && told.data.contains(#""receipted":true"#))
            try await nidos.api.take(try #require(MessageID(id)), role: "duty-officer")
            let owned = try await stream.next()
            #expect(owned.data.contains(id) && owned.data.contains(#""followUp":"owned""#))
        }

        // MARK: Steps

        @Test func `a step under a key is taken once, and under the same key no other`() async throws {
            let id = try #require(try await submit("agency-step", query: "?waitSeconds=60").json["id"]?.text)
            func take(_ role: String, key: String) async throws -> APICall {
                try await APICall.make(
                    .POST, "/v1/inbox/\(id)/_take", #"{"role":"\#(role)"}"#, headers: ["Idempotency-Key": key],
                    at: nidos)
            }
            let first = try await take("duty-officer", key: "take-1")
            #expect(first.status == 200)
            let again = try await take("duty-officer", key: "take-1")
            #expect(try again.json["acknowledgement"]?.text == first.json["acknowledgement"]?.text)
            #expect(try again.json["repeated"]?.flag == true)
            #expect(try await take("other-officer", key: "take-1").code == "idempotency-key-conflict")
            let late = try await take("duty-officer", key: "take-2")
            #expect(late.code == "step-not-possible")
            // Read by people at a command and by who writes a program.
            for way in ["`inbox conclude`", "`_conclude`"] {
                #expect(try late.json["detail"]?.text?.contains(way) == true, "\(late.body)")
            }
            let entry = try await APICall.make(.GET, "/v1/inbox/\(id)", at: nidos).json
            #expect(entry["actor"]?.text == "unix:\(geteuid())")
        }
    }
}
