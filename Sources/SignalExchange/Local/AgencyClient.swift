import AsyncHTTPClient
import ExchangeCatalogue
import Foundation
import NIOSSL

/// An organisation's own system, as it speaks to its node (`docs/agency-api.md`): it submits under keys of its own, keeps what
/// comes and then confirms it, and says what people do with it.
///
/// ```swift
/// let node = AgencyClient(socketPath: "/run/exchange-node/node.sock")
/// let sent = try await node.submit(signal, key: "case-17-signal")
/// try await node.follow(.inbox, as: "case-system")
/// try await node.process("case-system") { entry in try database.keep(entry.messageID, entry.json) }
/// ```
///
/// Every method throws `NodeError` with a stable code: what a crash or a stopped node left in doubt is asked for again under
/// the same key, and does not happen twice.
public final class AgencyClient: Sendable {
    /// What can be followed.
    public enum Feed: String, Sendable {
        /// Received messages, with their content.
        case inbox
        /// How our own messages fare.
        case deliveries
    }

    /// How far a message of our own is.
    public enum MessageState: String, Sendable {
        /// On the disk of our node.
        case accepted
        /// Held by another node too, under its signed receipt.
        case secured
    }

    public struct Submitted: Hashable, Sendable {
        /// The message's id, a UUIDv7.
        public let id: String
        /// Whether the key stood for it before: then no second message was made.
        public let isRepeated: Bool
        public let state: MessageState
    }

    /// A received message, or a delivery that changed.
    public struct Entry: Hashable, Sendable {
        /// What confirms this entry and all before it.
        public let cursor: String
        /// The message's id: what a received message that comes again is known by. Of a delivery it is the same for every
        /// recipient and every change; such an entry is known by its ``cursor``.
        public let messageID: String
        /// Of a received message: whether it may have been handed over before, since the node's store was put back.
        public let mayBeRepeated: Bool
        /// All of it, as one JSON object.
        public let json: [UInt8]
    }

    public struct EntryPage: Hashable, Sendable {
        public let entries: [Entry]
        /// What confirms the whole page.
        public let cursor: String
        /// Whether anything waited behind this page when it was made.
        public let hasMore: Bool
    }

    /// What people do with a received message.
    public enum Step: Hashable, Sendable {
        case take
        case decline(reason: String)
        case conclude(outcome: String)
    }

    private let client: LocalClient
    private let http: HTTPClient?

    /// On the same machine.
    public init(socketPath: String) {
        client = LocalClient(socketPath: socketPath)
        http = nil
    }

    /// From another machine, with the certificate that the node lists in `agency.clients`. It has to be ended with
    /// ``shutdown()`` before it is let go.
    ///
    /// - Parameters:
    ///   - certificate: this system's own, and its key: files in PEM.
    ///   - authorities: those that the listener's certificate is of, in PEM.
    /// - Throws: `NodeError` `certificate-unusable`.
    public init(
        host: String, port: Int, certificate: String, key: String, authorities: String
    ) throws(NodeError) {
        do {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities))
            var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
            configuration.connectionPool.retryConnectionEstablishment = false
            configuration.redirectConfiguration = .disallow
            let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            self.http = http
            client = LocalClient(base: "https://\(host):\(port)", through: http)
        } catch {
            throw NodeError(
                .certificateUnusable, "the certificate, key or authorities of this system cannot be used",
                cause: "\(error)")
        }
    }

    /// Ends the connections to another machine; nothing is to be done for a socket.
    public func shutdown() async throws { try await http?.shutdown() }

    /// Submits one message, a JSON object as `docs/messages` has it, of at most 64 KiB.
    ///
    /// - Parameters:
    ///   - key: this system's own, 1 to 128 printable ASCII characters: the same message under it again is the same message.
    ///   - waitSeconds: how long the answer may be kept back until the message is secured, 0 to 600.
    /// - Throws: `NodeError`; `idempotency-key-conflict` where the key stands for other content.
    public func submit(
        _ submission: [UInt8], key: String, waitSeconds: Int64 = 0
    ) async throws(NodeError) -> Submitted {
        let answer = try await client.post(
            "\(AgencyAPI.root)/messages?waitSeconds=\(waitSeconds)", body: submission,
            headers: ["Idempotency-Key": key], timeoutSeconds: waitSeconds + 60)
        guard let id = answer["id"]?.text, let isRepeated = answer["repeated"]?.flag,
            let state = answer["state"]?.text.flatMap({ MessageState(rawValue: $0) })
        else { throw foreign("a submission") }
        return Submitted(id: id, isRepeated: isRepeated, state: state)
    }

    /// Makes a consumer, which begins with what is there; one that is there stays as it is.
    ///
    /// - Parameter consumer: a name of this system's, of lower-case letters, digits and hyphens.
    public func follow(_ feed: Feed, as consumer: String) async throws(NodeError) {
        _ = try await client.put(
            "\(AgencyAPI.root)/consumers/\(consumer)", body: try document(["feed": .string(feed.rawValue)]))
    }

    /// What a consumer has not confirmed, the most pressing first; waits where there is nothing yet.
    ///
    /// - Parameters:
    ///   - limit: entries of the page, 1 to 500.
    ///   - waitSeconds: 0 to 600.
    public func entries(
        of consumer: String, limit: Int = 100, waitSeconds: Int64 = 0
    ) async throws(NodeError) -> EntryPage {
        let answer = try await client.get(
            "\(AgencyAPI.root)/consumers/\(consumer)/entries?limit=\(limit)&waitSeconds=\(waitSeconds)",
            timeoutSeconds: waitSeconds + 60)
        guard let cursor = answer["cursor"]?.text, let hasMore = answer["more"]?.flag else { throw foreign("a page") }
        var entries: [Entry] = []
        for item in answer["items"]?.elements ?? [] {
            guard let cursor = item["cursor"]?.text, let value = item["message"] ?? item["delivery"],
                let id = value["id"]?.text
            else { throw foreign("an entry") }
            entries.append(
                Entry(
                    cursor: cursor, messageID: id, mayBeRepeated: value["mayBeRepeated"]?.flag ?? false,
                    json: try document(value)))
        }
        return EntryPage(entries: entries, cursor: cursor, hasMore: hasMore)
    }

    /// Confirms an entry and all before it, or a page: none of that comes again. Call it when they are kept.
    public func confirm(_ cursor: String, of consumer: String) async throws(NodeError) {
        _ = try await client.put(
            "\(AgencyAPI.root)/consumers/\(consumer)/cursor", body: try document(["cursor": .string(cursor)]))
    }

    /// Hands each entry to `keep` and confirms it after, until the task is cancelled, `keep` throws, or the node does not answer
    /// (`node-not-running`): then call it again, and it goes on where it was.
    ///
    /// - Parameter keep: returns when the entry is kept for good. It may be handed the same entry again, after a crash.
    public func process(
        _ consumer: String, waitSeconds: Int64 = 30, _ keep: (Entry) async throws -> Void
    ) async throws {
        while !Task.isCancelled {
            for entry in try await entries(of: consumer, waitSeconds: waitSeconds).entries {
                try await keep(entry)
                try await confirm(entry.cursor, of: consumer)
            }
        }
    }

    /// Takes, declines or concludes a received message, and tells its sender.
    ///
    /// - Parameters:
    ///   - role: the duty role that speaks, such as `duty-officer`.
    ///   - key: this system's own: the same step under it is taken once.
    /// - Returns: the id of the acknowledgement.
    @discardableResult
    public func perform(
        _ step: Step, on id: String, role: String, key: String
    ) async throws(NodeError) -> String {
        let (name, text): (String, String?) =
            switch step {
            case .take: ("take", nil)
            case .decline(let reason): ("decline", reason)
            case .conclude(let outcome): ("conclude", outcome)
            }
        var body = JSONObject()
        body["role"] = .string(role)
        if let text { body["text"] = .string(text) }
        let answer = try await client.post(
            "\(AgencyAPI.root)/inbox/\(id)/_\(name)", body: try document(.object(body)),
            headers: ["Idempotency-Key": key])
        guard let sent = answer["acknowledgement"]?.text else { throw foreign("a step") }
        return sent
    }

    private func document(_ value: JSONValue) throws(NodeError) -> [UInt8] {
        do {
            return try JSONWriter.write(value, limits: .localAnswer)
        } catch {
            throw NodeError(.requestInvalid, "the request cannot be written as JSON: \(error)")
        }
    }

    private func foreign(_ what: String) -> NodeError {
        NodeError(
            .answerInvalid, "the answer is not that of \(what); does the node have another major version of the API?")
    }
}
