import AsyncHTTPClient
import ExchangeCMS
package import ExchangeCore
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL

/// The connection to one partner: mutual TLS 1.3, HTTP/1.1 keep-alive, a client of its own with that partner's name and
/// our trust anchors.
package final class PeerClient: PartnerConnection {
    private let partner: OIN
    private let community: @Sendable () -> Community
    private let folder: NodeFolder
    private let now: @Sendable () -> Timestamp
    private let clients: ClientCache

    package init(
        partner: OIN, folder: NodeFolder, now: @escaping @Sendable () -> Timestamp,
        community: @escaping @Sendable () -> Community
    ) {
        self.now = now
        self.partner = partner
        self.folder = folder
        self.community = community
        clients = ClientCache()
    }

    package func exchangeTally(_ signed: [UInt8]) async throws -> [UInt8] {
        try await post(
            signed, to: PeerEndpoint.tallyPath, type: PeerEndpoint.tallyType,
            answerMaximumBytes: ProtocolLimits.statementMaximumBytes)
    }

    package func deliver(_ batch: [UInt8]) async throws -> [UInt8] {
        try await post(
            batch, to: PeerEndpoint.batchPath, type: PeerEndpoint.batchType,
            answerMaximumBytes: ProtocolLimits.answerMaximumBytes)
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
        let client = try await clients.client(for: member.endpoint, of: partner) { [folder] in
            try Self.makeClient(for: member, folder: folder)
        }
        var request = HTTPClientRequest(url: "https://\(partner.tlsName):\(member.endpoint.port)\(path)")
        request.method = .POST
        request.headers.add(name: "content-type", value: type)
        request.body = .bytes(ByteBuffer(bytes: body))
        let response: HTTPClientResponse
        let answer: ByteBuffer
        do {
            response = try await client.execute(
                request, timeout: .milliseconds(ProtocolLimits.requestTimeout.count))
            answer = try await response.body.collect(upTo: answerMaximumBytes)
        } catch {
            throw NodeError(
                .partnerUnreachable,
                "\(member.endpoint.host):\(member.endpoint.port) does not answer; is its node running, and the way open?",
                cause: "\(error)")
        }
        guard response.status == .ok else {
            throw NodeError(
                .partnerUnreachable, "\(partner) turned the request away with status \(response.status.code)",
                cause: String(decoding: answer.readableBytesView.prefix(1000), as: UTF8.self))
        }
        return Array(answer.readableBytesView)
    }

    /// The TLS layer verifies the chain and the name, and knows no revocation lists: a partner whose every certificate
    /// is revoked or expired is not called.
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

    private static func makeClient(for member: Member, folder: NodeFolder) throws -> HTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.shutdownTimeout = TLSIdentity.shutdownTimeout
        tls.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(try folder.read(folder.anchors)))
        tls.additionalTrustRoots = [
            .certificates(try NIOSSLCertificate.fromPEMBytes(try folder.read(folder.intermediates)))
        ]
        tls.certificateChain = try TLSIdentity.chain(folder)
        tls.privateKey = try TLSIdentity.key(folder)
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [member.oin.tlsName: member.endpoint.host]
        configuration.timeout.connect = .seconds(5)
        // An answer whose body stops coming is a failure like any other: without a bound the link would wait for ever.
        configuration.timeout.read = .milliseconds(ProtocolLimits.requestTimeout.count)
        // A partner does not send this node anywhere else, least of all into its own network.
        configuration.redirectConfiguration = .disallow
        // The link has its own back-off; a second one below it would only hide what happens.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
            ProtocolLimits.requestsPerConnectionMaximumPending
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}

/// One client a partner, made anew when the directory moves the partner elsewhere.
private actor ClientCache {
    private var current: (endpoint: Endpoint, client: HTTPClient)?

    func client(for endpoint: Endpoint, of partner: OIN, make: () throws -> HTTPClient) async throws -> HTTPClient {
        if let current, current.endpoint == endpoint { return current.client }
        let old = current?.client
        let client = try make()
        current = (endpoint, client)
        if let old { try await old.shutdown() }
        return client
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

/// The node's TLS certificate and key, as the transport wants them.
enum TLSIdentity {
    /// How long a closing connection waits for the other side's goodbye: an idle client gives none, and a node that
    /// stops must not wait for it.
    static let shutdownTimeout: TimeAmount = .milliseconds(500)

    static func chain(_ folder: NodeFolder) throws -> [NIOSSLCertificateSource] {
        let own = try NIOSSLCertificate.fromPEMBytes(try folder.read(folder.certificate(.tls)))
        let intermediates = try NIOSSLCertificate.fromPEMBytes(try folder.read(folder.intermediates))
        return (own + intermediates).map { .certificate($0) }
    }

    static func key(_ folder: NodeFolder) throws -> NIOSSLPrivateKeySource {
        .privateKey(try NIOSSLPrivateKey(bytes: try folder.read(folder.key(.tls)), format: .pem))
    }
}
