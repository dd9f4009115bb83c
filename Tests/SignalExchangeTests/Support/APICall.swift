import AsyncHTTPClient
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import SignalExchange

/// One request on a node's socket as it is, with what came back: for what a client of ours would not ask.
struct APICall: Sendable {
    let status: UInt
    let headers: HTTPHeaders
    let body: [UInt8]

    var json: JSONValue { get throws { try JSONParser.parse(body, limits: .message) } }
    /// The code of a problem document; empty where it is none.
    var code: String {
        guard headers.first(name: "content-type") == "application/problem+json" else { return "" }
        return (try? json["title"]?.text) ?? ""
    }

    static func make(
        _ method: HTTPMethod, _ path: String, _ body: String? = nil, headers: [String: String] = [:],
        at node: NodeHandle
    ) async throws -> APICall {
        guard let url = URL(httpURLWithSocketPath: node.folder.file("node.sock"), uri: path) else {
            preconditionFailure("\(path) is no path")
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let asked = request
        // With its body: an answer that never ends would keep a test that expects a refusal.
        return try await within(.seconds(70), "the answer to \(path)") {
            let answer = try await HTTPClient.shared.execute(asked, timeout: .seconds(60))
            let bytes = try await answer.body.collect(upTo: 64 << 20)
            return APICall(status: answer.status.code, headers: answer.headers, body: Array(bytes.readableBytesView))
        }
    }
}

extension NodeHandle {
    /// Adds lines to `node.yaml`; they take effect at the next start.
    func addConfiguration(_ lines: String) throws {
        let text = try folder.readText(folder.configuration)
        try NodeFolder.write(Array((text + "\n" + lines + "\n").utf8), to: folder.configuration)
    }
}
