import ExchangeCatalogue
import ExchangeStore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Answers of the local API: JSON, or an RFC 9457 problem with one of our codes.
struct LocalAnswer: Sendable {
    let logger: Logger

    func json(_ body: () async throws -> JSONValue) async throws -> Response {
        do {
            return try response(.ok, try await body(), type: "application/json")
        } catch let error as NodeError {
            return try problem(error)
        } catch let error as ContentError {
            return try problem(NodeError(.submissionInvalid, "\(error)"))
        } catch let error as JSONError {
            return try problem(NodeError(.requestInvalid, "\(error)"))
        } catch let error as StoreError {
            return try problem(NodeError(.storeUnavailable, error))
        } catch {
            logger.error("a local request failed", metadata: ["cause": "\(error)"])
            return try problem(NodeError(.internalFault, "see the node's log", cause: "\(error)"))
        }
    }

    private func problem(_ error: NodeError) throws -> Response {
        try response(
            error.code.status,
            [
                "type": .string("urn:signal-exchange:problem:\(error.code.rawValue)"),
                "title": .string(error.code.rawValue),
                "status": .integer(Int64(error.code.status.code)),
                "detail": .string(error.message + (error.cause.map { " (\($0))" } ?? "")),
            ], type: PeerEndpoint.problemType)
    }

    private func response(_ status: HTTPResponse.Status, _ value: JSONValue, type: String) throws -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: .init(byteBuffer: ByteBuffer(bytes: try JSONWriter.write(value, limits: .localAnswer))))
    }
}

extension NodeErrorCode {
    /// The HTTP status of the local API.
    var status: HTTPResponse.Status {
        switch self {
        case .submissionInvalid, .recipientUnknown, .idempotencyKeyInvalid, .requestInvalid: .unprocessableContent
        case .idempotencyKeyConflict, .stepNotPossible: .conflict
        case .messageUnknown, .deliveryUnknown: .notFound
        case .queueFull, .storeUnavailable, .partnerUnreachable, .certificateUnusable: .serviceUnavailable
        default: .internalServerError
        }
    }
}
