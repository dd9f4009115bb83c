import AsyncHTTPClient
import ExchangeCatalogue
import ExchangeTesting
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL
import SignalExchange

/// A TLS client that presents whatever certificate a test gives it. Connections are kept between requests.
final class PeerCaller: Sendable {
    enum Endpoint: String {
        case batch, tally

        var mediaType: String { "application/vnd.signal-exchange.\(rawValue)" }
    }

    struct Reply: Sendable {
        let status: UInt
        let mediaType: String
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The members of an RFC 9457 problem; `nil` for any other body.
        var problem: JSONValue? {
            mediaType == "application/problem+json" ? try? JSONParser.parse(body) : nil
        }
    }

    private let client: HTTPClient

    /// - Parameters:
    ///   - certificates: PEM files, the own certificate first.
    ///   - anchors: whom to believe the server's certificate.
    init(certificates: [URL], key: URL, anchors: URL) throws {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try .caller(certificates: certificates, key: key, anchors: anchors))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// A member's own certificate and key.
    convenience init(identityOf node: NodeHandle) throws {
        try self.init(
            certificates: [node.folder.certificate(.tls), node.folder.intermediates].map { URL(filePath: $0) },
            key: URL(filePath: node.folder.key(.tls)), anchors: URL(filePath: node.folder.anchors))
    }

    deinit { client.shutdown { _ in } }

    /// - Throws: what the TLS layer says where the connection is refused.
    func post(
        _ body: [UInt8], _ endpoint: Endpoint, to node: NodeHandle, mediaType: String? = nil
    ) async throws -> Reply {
        var request = HTTPClientRequest(
            url: "https://\(PortHolder.host):\(node.port)/exchange/v1/\(endpoint.rawValue)")
        request.method = .POST
        request.headers.add(name: "content-type", value: mediaType ?? endpoint.mediaType)
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await client.execute(request, timeout: .seconds(20))
        let answer = try await response.body.collect(upTo: 8 << 20)
        return Reply(
            status: response.status.code, mediaType: response.headers.first(name: "content-type") ?? "",
            body: Array(answer.readableBytesView))
    }
}

extension TLSConfiguration {
    static func caller(certificates: [URL], key: URL, anchors: URL) throws -> TLSConfiguration {
        var tls = makeClientConfiguration()
        tls.certificateChain = try certificates.flatMap { try NIOSSLCertificate.fromPEMFile($0.path) }
            .map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: key.path, format: .pem))
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(anchors.path))
        // The name is not what these tests are about; the chain is still verified.
        tls.certificateVerification = .noHostnameVerification
        return tls
    }
}
