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
            let bytes = try JSONWriter.write(try await body(), limits: .localAnswer)
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
        } catch let error as NodeError {
            return problem(error)
        } catch let error as ContentError {
            return problem(NodeError(.submissionInvalid, "\(error)"))
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

    private func problem(_ error: NodeError) -> Response {
        ProblemDocument(
            code: error.code.rawValue, status: error.code.status,
            detail: error.message + (error.cause.map { " (\($0))" } ?? "")
        ).response()
    }
}

extension NodeErrorCode {
    /// The HTTP status of the local API.
    var status: HTTPResponse.Status {
        switch self {
        case .submissionInvalid, .recipientUnknown, .idempotencyKeyInvalid, .requestInvalid: .unprocessableContent
        case .idempotencyKeyConflict, .stepNotPossible: .conflict
        case .messageUnknown, .deliveryUnknown: .notFound
        case .queueFull, .storeUnavailable, .diskFull, .partnerUnreachable, .certificateUnusable: .serviceUnavailable
        // Of a reload: the files in the folder are what must be mended.
        case .configurationInvalid, .fileMissing, .fileUnreadable, .keyExposed, .directoryMissing, .directoryInvalid,
            .directoryOlder, .notInDirectory:
            .internalServerError
        // Of a start, of a command, and of a caller: no answer of the local API.
        case .folderNotEmpty, .cardInvalid, .cardUndecided, .cardOlder, .fingerprintMissing, .fingerprintDiffers,
            .authorityUnknown, .checkFoundFaults, .keyCopyUnusable, .libraryUnsafe, .addressInUse, .socketPathTooLong,
            .nodeNotRunning,
            .alreadyRunning, .storeMissing, .storeDamaged, .storeNewer, .archiveKeyWrong, .waitTimedOut,
            .recipientRefused, .deliveryStopped, .answerInvalid, .evidenceNotVerified, .internalFault:
            .internalServerError
        }
    }
}
