import ExchangeCatalogue
import ExchangeStore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What a request of the API comes to where it succeeds.
struct LocalReply: Sendable {
    enum Body: Sendable {
        case json(JSONValue)
        /// JSON that is written already.
        case document([UInt8])
        case events(ResponseBody)
    }

    var status: HTTPResponse.Status = .ok
    var headers: HTTPFields = [:]
    let body: Body

    init(_ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) {
        body = .json(value)
        self.status = status
        self.headers = headers
    }

    init(document: [UInt8], headers: HTTPFields) {
        body = .document(document)
        self.headers = headers
    }

    init(events: ResponseBody) { body = .events(events) }
}

/// Answers of the API: JSON, or an RFC 9457 problem with one of our codes.
struct LocalAnswer: Sendable {
    let logger: Logger

    func reply(_ body: () async throws -> LocalReply) async throws -> Response {
        do {
            return try response(try await body())
        } catch let error as NodeError {
            return problem(error)
        } catch let error as ContentError {
            // What a submission has wrong is said where it is read: this is of another request.
            return problem(NodeError(.requestInvalid, "\(error)"))
        } catch let error as JSONError {
            return problem(NodeError(.requestInvalid, "\(error)"))
        } catch let error as StoreError {
            // A node that runs goes on by itself when the store does: one code, whatever the store has.
            return problem(NodeError(.storeUnavailable, error))
        } catch {
            logger.error("a local request failed", metadata: ["cause": "\(error)"])
            return problem(NodeError(.internalFault, "see the node's log", cause: "\(error)"))
        }
    }

    private func response(_ reply: LocalReply) throws -> Response {
        var headers = reply.headers
        let body: ResponseBody
        switch reply.body {
        case .json(let value):
            body = .init(byteBuffer: ByteBuffer(bytes: try JSONWriter.write(value, limits: .localAnswer)))
            headers[.contentType] = "application/json"
        case .document(let bytes):
            body = .init(byteBuffer: ByteBuffer(bytes: bytes))
            headers[.contentType] = "application/json"
        case .events(let events):
            body = events
            headers[.contentType] = AgencyAPI.eventStreamType
        }
        return Response(status: reply.status, headers: headers, body: body)
    }

    func problem(_ error: NodeError, headers: HTTPFields = [:]) -> Response {
        ProblemDocument(
            code: error.code.rawValue, status: error.code.status,
            detail: error.message + (error.cause.map { " (\($0))" } ?? "")
        ).response(headers: headers)
    }
}

extension NodeErrorCode {
    /// The HTTP status of the API.
    var status: HTTPResponse.Status {
        switch self {
        case .submissionInvalid, .recipientUnknown, .madeByTheNode, .idempotencyKeyInvalid, .requestInvalid: .badRequest
        case .requestTooLarge: .contentTooLarge
        case .idempotencyKeyConflict, .stepNotPossible, .cursorInvalid, .consumerConflict, .consumerLimitReached:
            .conflict
        case .messageUnknown, .caseUnknown, .deliveryUnknown, .consumerUnknown, .pathUnknown, .reportUnknown,
            .nothingDrafted:
            .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .contentPurged: .gone
        case .notPermitted: .forbidden
        case .queueFull, .storeUnavailable, .diskFull, .partnerUnreachable, .certificateUnusable: .serviceUnavailable
        // Of a reload: the files in the folder are what must be mended.
        case .configurationInvalid, .trialClockRefused, .fileMissing, .fileUnreadable, .keyExposed, .directoryMissing,
            .directoryInvalid,
            .directoryOlder, .notInDirectory:
            .internalServerError
        // Of a start, of a command, and of a caller: no answer of the API.
        case .folderNotEmpty, .cardInvalid, .cardUndecided, .cardOlder, .fingerprintMissing, .fingerprintDiffers,
            .authorityUnknown, .checkFoundFaults, .keyCopyUnusable, .libraryUnsafe, .addressInUse, .socketPathTooLong,
            .nodeNotRunning, .alreadyRunning, .storeMissing, .storeDamaged, .storeNewer, .archiveKeyWrong,
            .waitTimedOut, .agencyUnreachable, .programFailed, .codeUnknown, .recipientRefused, .deliveryStopped,
            .answerInvalid,
            .evidenceNotVerified, .booksNotAgreed, .booksNeedPerson, .internalFault:
            .internalServerError
        }
    }
}
