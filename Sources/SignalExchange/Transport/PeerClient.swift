import AsyncHTTPClient
import ExchangeCMS
package import ExchangeCore
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL

/// The connection to one partner: mutual TLS 1.3, HTTP/1.1 keep-alive, a client of its own with that partner's name and
/// our trust anchors. Nothing is asked of whoever presents another certificate than the directory has for the partner.
package final class PeerClient: PartnerConnection {
    private let partner: OIN
    private let requestTimeout: Milliseconds
    private let community: @Sendable () -> Community
    private let now: @Sendable () -> Timestamp
    // tidy: clock because a timeout goes by the clock that never jumps
    private let clock = NodeClock()
    private let clients = ClientCache()

    /// - Parameter requestTimeout: for connecting, the request and its whole answer together.
    package init(
        partner: OIN, requestTimeout: Milliseconds = ProtocolLimits.requestTimeout,
        now: @escaping @Sendable () -> Timestamp, community: @escaping @Sendable () -> Community
    ) {
        self.partner = partner
        self.requestTimeout = requestTimeout
        self.now = now
        self.community = community
    }

    package func exchangeTally(_ signed: [UInt8]) async throws -> [UInt8] {
        try await post(
            signed, to: PeerEndpoint.tallyPath, type: PeerEndpoint.tallyType,
            answerMaximumBytes: ProtocolLimits.statementMaximumBytes * 2)
    }

    package func deliver(_ batch: [UInt8]) async throws -> [UInt8] {
        try await post(
            batch, to: PeerEndpoint.batchPath, type: PeerEndpoint.batchType,
            answerMaximumBytes: ProtocolLimits.answerMaximumBytes)
    }

    package func refill(_ request: [UInt8]) async throws -> [UInt8] {
        try await post(
            request, to: PeerEndpoint.refillPath, type: PeerEndpoint.refillRequestType,
            answerMaximumBytes: RefillAnswer.maximumBytes)
    }

    package func shutdown() async { await clients.shutdown() }

    private func post(
        _ body: [UInt8], to path: String, type: String, answerMaximumBytes: Int
    ) async throws -> [UInt8] {
        let community = community()
        guard let member = community.directory.member(partner) else {
            throw NodeError(.notInDirectory, "\(partner) is no longer in the directory; its deliveries wait")
        }
        try judge(member, in: community)
        let client = try await clients.client(for: member, in: community, now: now)
        var request = HTTPClientRequest(url: "https://\(partner.tlsName):\(member.endpoint.port)\(path)")
        request.method = .POST
        request.headers.add(name: "content-type", value: type)
        request.body = .bytes(ByteBuffer(bytes: body))
        let answer: Answer
        do {
            answer = try await exchange(request, through: client, answerMaximumBytes: answerMaximumBytes)
        } catch {
            throw NodeError(
                .partnerUnreachable,
                "\(member.endpoint.host):\(member.endpoint.port) does not answer; is its node running, and the way open?",
                cause: ConnectionProblem.cause(of: error))
        }
        guard answer.status == .ok else {
            if let fenced = ProblemDocument.fenced(in: Array(answer.body.readableBytesView)) { throw fenced }
            throw NodeError(
                .partnerUnreachable, "\(partner) turned the request away with status \(answer.status.code)",
                // Its words are of its own machine, and nobody is to look for that file on this one.
                cause: "\(member.name) says of its own node and files: "
                    + String(decoding: answer.body.readableBytesView.prefix(1000), as: UTF8.self)
                    .withoutControlCharacters)
        }
        return Array(answer.body.readableBytesView)
    }

    private struct Answer {
        let status: HTTPResponseStatus
        let body: ByteBuffer
    }

    /// One bound for all of it: a time-out for each read would begin anew with each byte of a partner that drips its
    /// answer, and the link would wait for ever.
    private func exchange(
        _ request: HTTPClientRequest, through client: HTTPClient, answerMaximumBytes: Int
    ) async throws -> Answer {
        let deadline = clock.now.monotonic + requestTimeout
        return try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask {
                let response = try await client.execute(request, deadline: .distantFuture)
                return Answer(
                    status: response.status, body: try await response.body.collect(upTo: answerMaximumBytes))
            }
            group.addTask { [clock, requestTimeout] in
                try await clock.wait(until: deadline)
                throw RequestTimedOut(after: requestTimeout)
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { preconditionFailure("the first of two tasks comes") }
            return first
        }
    }

    /// A partner whose every certificate is revoked or expired is not called: the handshake would tell it who calls.
    private func judge(_ member: Member, in community: Community) throws(NodeError) {
        let now = now()
        var reasons: [String] = []
        for certificate in member.certificates.tls {
            switch community.trust.verdict(for: certificate, purpose: .tls, at: now, now: now) {
            case .trusted, .undecided: return
            case .untrusted(let reason): reasons.append("\(reason)")
            }
        }
        throw NodeError(
            .partnerUnreachable, "no TLS certificate of \(member.oin) holds: ask for a new directory",
            cause: reasons.joined(separator: "; "))
    }
}

/// The partner did not answer whole in time.
private struct RequestTimedOut: Error, CustomStringConvertible {
    let after: Milliseconds

    var description: String { "no whole answer within \(after.count) ms" }
}

/// One client a partner, made anew with each directory, with other authorities or lists, and when this node's own
/// certificate or key changes: an open connection was judged by what was before, and would go on with it.
private actor ClientCache {
    private struct Made {
        let community: Community
        let client: HTTPClient

        func isOf(_ other: Community) -> Bool {
            community.directoryDigest == other.directoryDigest && community.trust === other.trust
                && community.tls.digest == other.tls.digest
        }
    }

    private var current: Made?

    func client(
        for member: Member, in community: Community, now: @escaping @Sendable () -> Timestamp
    ) async throws -> HTTPClient {
        if let current, current.isOf(community) { return current.client }
        let old = current?.client
        let client = Self.make(for: member, in: community, now: now)
        current = Made(community: community, client: client)
        if let old { try await old.shutdown() }
        return client
    }

    private static func make(
        for member: Member, in community: Community, now: @escaping @Sendable () -> Timestamp
    ) -> HTTPClient {
        var configuration = HTTPClient.Configuration(tlsConfiguration: community.tls.client)
        // The handshake found a chain and the name. Any certificate under the authorities may have that name, and a
        // stolen one too: what counts is what the directory has for this partner, and that it holds now.
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
                guard let certificate else { throw RequestError(.partnerUnknown, "no certificate was presented") }
                let presented = try community.identity(presenting: try certificate.toDERBytes(), at: now())
                guard presented.oin == member.oin else {
                    throw RequestError(.partnerUnknown, "\(presented.oin) answers in the place of \(member.oin)")
                }
            }.flatMapError { error in
                // Nobody else closes it: to the client it is a connection that was never made.
                channel.close(mode: .all).flatMapThrowing { throw error }
            }
        }
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [member.oin.tlsName: member.endpoint.host]
        configuration.timeout.connect = .seconds(5)
        // A partner does not send this node anywhere else, least of all into its own network.
        configuration.redirectConfiguration = .disallow
        // The link has its own back-off; a second one below it would only hide what happens.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
            ProtocolLimits.partnerMaximumRequestsUnderWay
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func shutdown() async {
        guard let client = current?.client else { return }
        current = nil
        do {
            try await client.shutdown()
        } catch {
            // The connections end with the process; there is nobody left to tell.
        }
    }
}
