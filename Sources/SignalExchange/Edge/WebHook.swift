import AsyncHTTPClient
import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceLifecycle

/// What the node calls of its own accord: `hooks.*` in the configuration.
package struct HookSettings: Hashable, Sendable {
    /// Told of each received message.
    package var inboxURL: String?
    /// Told of each change of a delivery.
    package var deliveriesURL: String?
    /// Told of each step of the ladder, its end, and each call.
    package var escalationsURL: String?
    /// The secret that signs each call.
    package var secretFile: String
    /// The authorities that the called system's certificate is of, in PEM; those of the machine where it is `nil`.
    package var authoritiesFile: String?
}

/// Calls an address of the agency's for each entry of a feed, in order, until it says that it has it.
///
/// A call carries no content: ids, types, states. It is signed as *Standard Webhooks* has it: `webhook-id` (the same for
/// each attempt), `webhook-timestamp`, and `webhook-signature: v1,` with the base64 of the HMAC-SHA-256 over
/// `id.timestamp.body` (docs/agency-api.md).
struct WebHook: Service {
    private static let callTimeout = TimeAmount.seconds(30)

    let reach: AgencyReach
    let url: String
    let secret: SharedSecret
    let authorities: [NIOSSLCertificate]?

    /// The secret's form: `whsec_` and base64.
    static let secretPrefix = "whsec_"

    func run() async throws {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        if let authorities {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(authorities)
            configuration.tlsConfiguration = tls
        }
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        var attempts = Attempts(at: reach.context.now.monotonic)
        while !reach.isEnding {
            let seen = reach.seen
            do {
                let isIdle = try await callForNext(through: http)
                attempts = Attempts(at: reach.context.now.monotonic)
                if !isIdle { await reach.tell(nil) } else { await reach.waitForMore(beyond: seen) }
            } catch {
                guard !reach.isEnding else { break }
                await reach.tell("\(error)")
                attempts.fail(at: reach.context.now.monotonic)
                await reach.wait(until: attempts.next)
            }
        }
        try await http.shutdown()
    }

    /// One entry at a time: what presses may have come meanwhile.
    ///
    /// - Returns: whether there was nothing to call for.
    private func callForNext(through http: HTTPClient) async throws -> Bool {
        guard let entry = try await reach.consumers.next(of: reach.consumer(), withContent: false) else { return true }
        try await call(for: entry, through: http)
        try await reach.confirm(entry.cursor)
        return false
    }

    private func call(for entry: ConsumerViews.Entry, through http: HTTPClient) async throws {
        let body = try JSONWriter.write(.object(entry.object), limits: .localAnswer)
        let id = entry.name
        let timestamp = String(reach.context.now.wall.milliseconds / 1000)
        let code = secret.authenticationCode(of: Array("\(id).\(timestamp).".utf8) + body)
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "webhook-id", value: id)
        request.headers.add(name: "webhook-timestamp", value: timestamp)
        request.headers.add(name: "webhook-signature", value: "v1," + Data(code).base64EncodedString())
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            // What it says beside its status is nobody's concern, and may have no end: it is not read.
            let answer = try await cancelWhenGracefulShutdown { [request] in
                try await http.execute(request, timeout: Self.callTimeout)
            }
            guard (200..<300).contains(answer.status.code) else {
                throw NodeError(
                    .agencyUnreachable,
                    "the hook's address answers with status \(answer.status.code); it has to answer 2xx once it has kept "
                        + "the call. The node tries again")
            }
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(
                .agencyUnreachable,
                "the hook's address does not answer; look at the system behind `hooks`. The node tries again",
                cause: ConnectionProblem.cause(of: error))
        }
    }
}

extension WebHook {
    /// The hooks that are set up.
    ///
    /// - Throws: ``NodeError`` `configuration-invalid`, `file-missing`, `file-unreadable` or `key-exposed`.
    static func all(
        _ settings: HookSettings?, in folder: NodeFolder, context: NodeContext, consumers: ConsumerViews,
        alarm: AgencyAlarm
    ) throws(NodeError) -> [WebHook] {
        guard let settings else { return [] }
        let secret = try secret(in: settings.secretFile, of: folder)
        let authorities = try settings.authoritiesFile.map { path throws(NodeError) in try Self.authorities(path) }
        let wanted: [(ConsumerName, FeedName, String?)] = [
            (.inboxHook, .inbox, settings.inboxURL), (.deliveriesHook, .deliveries, settings.deliveriesURL),
            (.escalationsHook, .escalations, settings.escalationsURL),
        ]
        return wanted.compactMap { name, feed, url in
            url.map {
                WebHook(
                    reach: AgencyReach(
                        context: context, consumers: consumers, alarm: alarm, name: name, feed: feed), url: $0,
                    secret: secret, authorities: authorities)
            }
        }
    }

    private static func secret(in path: String, of folder: NodeFolder) throws(NodeError) -> SharedSecret {
        try NodeKeys.demandPrivate(path)
        let text = String(decoding: try folder.read(path), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.hasPrefix(secretPrefix),
            let bytes = Data(base64Encoded: String(text.dropFirst(secretPrefix.count))),
            let secret = SharedSecret(Array(bytes))
        else {
            throw NodeError(
                .configurationInvalid,
                "\(path) holds no secret: it is `\(secretPrefix)` and the base64 of \(SharedSecret.minimumBytes) bytes or "
                    + "more. Make one with `(umask 077; echo \(secretPrefix)$(openssl rand -base64 32) > \(path))`")
        }
        return secret
    }

    private static func authorities(_ path: String) throws(NodeError) -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw NodeError(
                .certificateUnusable,
                "\(path) holds no certificates in PEM; put the authorities of the hook's address there",
                cause: "\(error)")
        }
    }
}
