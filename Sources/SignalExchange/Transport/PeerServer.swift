import CoreMetrics
package import ExchangeCore
import HTTPTypes
package import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore

/// The node's face to its partners: three requests over mutual TLS 1.3 (`protocol.md` §13).
package struct PeerServer: Sendable {
    private let context: NodeContext
    private let authentication: PeerAuthentication
    private let receiving: Receiving
    private let tallies: TallyExchange
    private let refilling: Refilling
    /// A body is held in memory while it is judged.
    private let requests = PartnerPlaces(maximum: ProtocolLimits.partnerMaximumRequestsUnderWay)
    private let connections: PartnerPlaces
    private let signOfLife: @Sendable (OIN) -> Void

    /// - Parameter signOfLife: told of each partner that calls.
    package init(_ context: NodeContext, signOfLife: @escaping @Sendable (OIN) -> Void) {
        self.context = context
        self.signOfLife = signOfLife
        authentication = PeerAuthentication(context)
        receiving = Receiving(context)
        tallies = TallyExchange(context)
        refilling = Refilling(context)
        connections = PartnerPlaces(maximum: context.limits.peerMaximumConnectionsPerPartner)
    }

    package func application(
        host: String, port: Int, onRunning: @escaping @Sendable () async -> Void
    ) throws -> some ApplicationProtocol {
        let (context, authentication, connections) = (context, authentication, connections)
        let limits = context.limits
        // A client certificate is demanded; whose it is, the callback decides.
        let configuration = TLSChannelConfiguration(
            tlsConfiguration: context.community.tls.server(current: { context.community.tls }),
            customAsyncVerificationCallback: { authentication.verify($0) })
        return Application(
            router: router(),
            server: try .tls(
                .http1(
                    configuration: .init(
                        additionalChannelHandlers: [ConnectionWatch(context, connections: connections)],
                        idleTimeout: .milliseconds(limits.peerIdleMaximum.count))),
                configuration: configuration),
            configuration: .init(
                address: .hostname(host, port: port), serverName: nil,
                availableConnectionsDelegate: .maximum(limits.peerMaximumConnections, logger: context.logger)),
            onServerRunning: { _ in await onRunning() },
            logger: context.logger)
    }

    private func router() -> Router<PeerRequestContext> {
        let router = Router(context: PeerRequestContext.self)
        router.post("\(PeerEndpoint.batchPath)") { request, requestContext in
            try await answer(
                request, requestContext, type: PeerEndpoint.batchType, answerType: PeerEndpoint.answerType,
                maximumBytes: ProtocolLimits.batchMaximumBytes
            ) { try await receiving.receive($0, from: $1) }
        }
        router.post("\(PeerEndpoint.tallyPath)") { request, requestContext in
            try await answer(
                request, requestContext, type: PeerEndpoint.tallyType, answerType: PeerEndpoint.tallyType,
                maximumBytes: ProtocolLimits.statementMaximumBytes
            ) { signed, peer in
                try await tallies.take(signed, from: peer, askedAt: nil)
                return try await tallies.make(for: peer)
            }
        }
        router.post("\(PeerEndpoint.refillPath)") { request, requestContext in
            try await answer(
                request, requestContext, type: PeerEndpoint.refillRequestType, answerType: PeerEndpoint.refillType,
                maximumBytes: RefillRequest.maximumBytes
            ) { try await refilling.answer($0, from: $1) }
        }
        return router
    }

    private func answer(
        _ request: Request, _ requestContext: PeerRequestContext, type: String, answerType: String,
        maximumBytes: Int, _ body: ([UInt8], OIN) async throws -> [UInt8]
    ) async throws -> Response {
        var caller: OIN?
        var isRead = false
        do {
            guard let certificate = try await requestContext.channel.nioSSL_peerCertificate().get() else {
                throw RequestError(.partnerUnknown, "no certificate was presented")
            }
            // Judged again: a connection may have been open since before a revocation.
            let peer = try authentication.organisation(of: certificate)
            caller = peer
            // Before the body: what is turned away must not lie in memory first.
            guard requests.enter(by: peer) else {
                throw RequestError(
                    .nodeUnavailable, "\(requests.maximum) requests of yours are under way here; wait for an answer")
            }
            defer { requests.leave(by: peer) }
            guard request.headers[.contentType] == type else {
                throw RequestError(.requestMalformed, "content-type must be \(type)")
            }
            let bytes = Array(try await collect(request, upTo: maximumBytes).readableBytesView)
            isRead = true
            signOfLife(peer)
            return Response(
                status: .ok, headers: [.contentType: answerType],
                body: .init(byteBuffer: ByteBuffer(bytes: try await body(bytes, peer))))
        } catch let error as RequestError {
            PeerMetrics.refusedRequests.increment()
            await alarm(error, from: caller)
            context.warn("a request was refused", cause: "\(error)", from: caller)
            return problem(error.code, error.detail, tally: error.tally, isLast: !isRead)
        } catch {
            context.logger.error("a request failed", metadata: ["cause": "\(error)"])
            return problem(.nodeUnavailable, "this node could not take the request; send it again", isLast: !isRead)
        }
    }

    private func alarm(_ refusal: RequestError, from caller: OIN?) async {
        guard let caller else { return }
        do {
            try await context.alarm(of: refusal, from: caller)
        } catch {
            context.logger.error("an alarm could not be kept", metadata: ["partner": "\(caller)", "cause": "\(error)"])
        }
    }

    private func collect(_ request: Request, upTo maximumBytes: Int) async throws -> ByteBuffer {
        do {
            return try await request.body.collect(upTo: maximumBytes)
        } catch is NIOTooManyBytesError {
            throw RequestError(.requestTooLarge, "at most \(maximumBytes) bytes")
        } catch {
            // The caller's doing, and it can do so without an end.
            throw RequestError(.requestMalformed, "the body broke off: \(error)")
        }
    }

    /// - Parameter isLast: that the body was not read to its end. What is left of it comes before the next request, and
    ///   so the connection is of no more use.
    private func problem(
        _ code: RequestErrorCode, _ detail: String, tally: [UInt8]? = nil, isLast: Bool
    ) -> Response {
        ProblemDocument(code: code.rawValue, status: code.status, detail: detail, tally: tally)
            .response(headers: isLast ? [.connection: "close"] : [:])
    }
}

extension RequestErrorCode {
    /// The HTTP status of `protocol.md` §7.4.
    package var status: HTTPResponse.Status {
        switch self {
        case .requestMalformed, .statementInvalid: .badRequest
        case .requestTooLarge: .contentTooLarge
        case .versionNotSupported: .notImplemented
        case .partnerUnknown, .partnerMismatch, .recipientMismatch: .forbidden
        case .gapTooWide, .statementUndecided, .incarnationUnknown, .incarnationFenced: .conflict
        case .nodeUnavailable: .serviceUnavailable
        }
    }
}

/// A request with the channel that it came on, for the certificate at its other end.
package struct PeerRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    package let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
