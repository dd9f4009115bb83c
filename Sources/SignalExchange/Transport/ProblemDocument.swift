import ExchangeCatalogue
import ExchangeCore
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What both faces of the node answer where a request fails (RFC 9457): `type` and `title` bear a stable code, `detail`
/// tells people what to do.
struct ProblemDocument {
    static let mediaType = "application/problem+json"
    /// A signed tally in base64, and some words.
    private static let limits = JSONLimits(byteCount: ProtocolLimits.tallyMaximumBytes * 2, depth: 4)

    let code: String
    let status: HTTPResponse.Status
    let detail: String
    /// Our signed tally, for a partner's node that is turned away as a copy (`protocol.md` §9.5).
    var tally: [UInt8]?

    /// What a partner says that turns this node away as a copy; `nil` where it says anything else.
    static func fenced(in bytes: [UInt8]) -> FencedError? {
        guard let problem = try? JSONParser.parse(bytes, limits: Self.limits), case .object(let members) = problem,
            members["title"]?.text == RequestErrorCode.incarnationFenced.rawValue
        else { return nil }
        return FencedError(
            detail: members["detail"]?.text?.withoutControlCharacters ?? "",
            tally: members["tally"]?.text.flatMap { Data(base64Encoded: $0) }.map(Array.init))
    }

    func response(headers: HTTPFields = [:]) -> Response {
        let document: JSONValue = [
            "type": .string("urn:signal-exchange:problem:\(code)"),
            "title": .string(code),
            "status": .integer(Int64(status.code)),
            "detail": .string(detail),
        ]
        guard case .object(var members) = document else { preconditionFailure("a problem document is an object") }
        members["tally"] = tally.map { .string(Data($0).base64EncodedString()) }
        guard let bytes = try? JSONWriter.write(.object(members), limits: .localAnswer) else {
            preconditionFailure("a problem document of our own is within its limits")
        }
        var headers = headers
        headers[.contentType] = Self.mediaType
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
