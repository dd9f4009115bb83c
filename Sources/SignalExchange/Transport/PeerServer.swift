import CoreMetrics
import ExchangeCatalogue
package import ExchangeCore
import HTTPTypes
package import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL

/// The node's face to its partners: two requests over mutual TLS 1.3 (`protocol.md` §13).
package struct PeerServer: Sendable {
    private let context: NodeContext
    private let authentication: PeerAuthentication
    private let receiving: Receiving
    private let tallies: TallyExchange
    private let signOfLife: @Sendable (OIN) -> Void

    /// - Parameter signOfLife: told of each partner that calls.
    package init(_ context: NodeContext, signOfLife: @escaping @Sendable (OIN) -> Void) {
        self.context = context
        self.signOfLife = signOfLife
        authentication = PeerAuthentication(context)
        receiving = Receiving(context)
        tallies = TallyExchange(context)
    }

    package func application(
        folder: NodeFolder, host: String, port: Int, onRunning: @escaping @Sendable () async -> Void
    ) throws -> some ApplicationProtocol {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try TLSIdentity.chain(folder), privateKey: try TLSIdentity.key(folder))
        tls.minimumTLSVersion = .tlsv13
        tls.shutdownTimeout = TLSIdentity.shutdownTimeout
        // Demands a client certificate; whose it is, the callback decides.
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(try folder.read(folder.anchors)))
        let authentication = authentication
        let configuration = TLSChannelConfiguration(
            tlsConfiguration: tls, customAsyncVerificationCallback: { authentication.verify($0) })
        return Application(
            router: router(),
            server: try .tls(configuration: configuration),
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
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
                try await tallies.take(signed, from: peer)
                return try await tallies.make(for: peer)
            }
        }
        return router
    }

    private func answer(
        _ request: Request, _ requestContext: PeerRequestContext, type: String, answerType: String,
        maximumBytes: Int, _ body: ([UInt8], OIN) async throws -> [UInt8]
    ) async throws -> Response {
        var caller: OIN?
        do {
            guard let certificate = try await requestContext.channel.nioSSL_peerCertificate().get() else {
                throw RequestError(.partnerUnknown, "no certificate was presented")
            }
            // Judged again: a connection may have been open since before a revocation.
            let peer = try authentication.organisation(of: certificate)
            caller = peer
            guard request.headers[.contentType] == type else {
                throw RequestError(.requestMalformed, "content-type must be \(type)")
            }
            let bytes = Array(try await collect(request, upTo: maximumBytes).readableBytesView)
            signOfLife(peer)
            return Response(
                status: .ok, headers: [.contentType: answerType],
                body: .init(byteBuffer: ByteBuffer(bytes: try await body(bytes, peer))))
        } catch let error as RequestError {
            PeerMetrics.refusedRequests.increment()
            await alarm(error, from: caller)
            context.logger.warning("a request was refused", metadata: ["cause": "\(error)"])
            return problem(error.code, error.detail)
        } catch {
            context.logger.error("a request failed", metadata: ["cause": "\(error)"])
            return problem(.nodeUnavailable, "this node could not take the request; send it again")
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
        }
    }

    /// RFC 9457.
    private func problem(_ code: RequestErrorCode, _ detail: String) -> Response {
        let document: JSONValue = [
            "type": .string("urn:signal-exchange:problem:\(code.rawValue)"),
            "title": .string(code.rawValue),
            "status": .integer(Int64(code.status.code)),
            "detail": .string(detail),
        ]
        guard let bytes = try? JSONWriter.write(document) else {
            preconditionFailure("a problem document of our own is within its limits")
        }
        return Response(
            status: code.status, headers: [.contentType: PeerEndpoint.problemType],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
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
        case .gapTooWide, .statementUndecided, .incarnationUnknown: .conflict
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
