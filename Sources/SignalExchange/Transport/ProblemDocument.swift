import ExchangeCatalogue
import ExchangeCore
import HTTPTypes
import Hummingbird
import NIOCore

/// What both faces of the node answer where a request fails (RFC 9457): `type` and `title` bear a stable code, `detail`
/// tells people what to do.
struct ProblemDocument {
    static let mediaType = "application/problem+json"

    let code: String
    let status: HTTPResponse.Status
    let detail: String

    /// A partner's words under one code; `nil` where it says anything else.
    static func detail(of code: RequestErrorCode, in bytes: [UInt8]) -> String? {
        guard let problem = try? JSONParser.parse(bytes, limits: .localRequest), case .object(let members) = problem,
            members["title"]?.text == code.rawValue
        else { return nil }
        return members["detail"]?.text?.withoutControlCharacters ?? ""
    }

    func response(headers: HTTPFields = [:]) -> Response {
        let document: JSONValue = [
            "type": .string("urn:signal-exchange:problem:\(code)"),
            "title": .string(code),
            "status": .integer(Int64(status.code)),
            "detail": .string(detail),
        ]
        guard let bytes = try? JSONWriter.write(document, limits: .localAnswer) else {
            preconditionFailure("a problem document of our own is within its limits")
        }
        var headers = headers
        headers[.contentType] = Self.mediaType
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
