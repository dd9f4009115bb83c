import AsyncHTTPClient
package import ExchangeCatalogue
import ExchangeCore
import Foundation
import HTTPTypes
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Speaks to a running node's API: over its Unix socket, as the commands do, or over TLS.
package struct LocalClient: Sendable {
    private enum Address: Sendable {
        case socket(String)
        /// - base: such as `https://node.example:8444`.
        case tls(base: String, HTTPClient)
    }

    private static let pageItems = 1000

    /// A node that was killed leaves its socket behind; trying that again until the time is over would only hide it.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        // Who waits for many partners at once waits for each by itself.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = ProtocolLimits.directoryMaximumMembers
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private let address: Address

    package init(socketPath: String) { address = .socket(socketPath) }

    /// - Parameter http: set up with this system's certificate; whoever gives it shuts it down.
    init(base: String, through http: HTTPClient) { address = .tls(base: base, http) }

    package func get(_ path: String, timeoutSeconds: Int64 = 60) async throws(NodeError) -> JSONValue {
        try await send(.GET, path, body: nil, headers: [:], timeoutSeconds: timeoutSeconds)
    }

    /// Reads a list page by page, to its end or until `maximumItems` are read.
    ///
    /// - Parameters:
    ///   - parameters: of the query, such as `open=true`.
    ///   - cursor: behind which the reading begins; at the list's head where it is `nil`.
    ///   - take: is given each page's rows before the next page is asked for; at least one page, which may be empty.
    /// - Returns: the cursor behind which more would follow; `nil` at the list's end.
    @discardableResult
    package func list(
        _ path: String, _ parameters: [String] = [], after cursor: String? = nil, maximumItems: Int = .max,
        _ take: ([JSONValue]) throws -> Void
    ) async throws -> String? {
        var left = maximumItems
        var next = cursor
        repeat {
            let asked = parameters + ["limit=\(min(left, Self.pageItems))"] + (next.map { ["after=\($0)"] } ?? [])
            let page = try await get(path + "?" + asked.joined(separator: "&"))
            guard let rows = page["items"] else {
                throw NodeError(.answerInvalid, "the node's answer to \(path) is no page of a list")
            }
            try take(rows.elements)
            left -= rows.elements.count
            next = page["next"]?.text
        } while next != nil && left > 0
        return next
    }

    package func post(
        _ path: String, body: [UInt8] = Array("{}".utf8), headers: [String: String] = [:], timeoutSeconds: Int64 = 60
    ) async throws(NodeError) -> JSONValue {
        try await send(.POST, path, body: body, headers: headers, timeoutSeconds: timeoutSeconds)
    }

    package func put(_ path: String, body: [UInt8]) async throws(NodeError) -> JSONValue {
        try await send(.PUT, path, body: body, headers: [:], timeoutSeconds: 60)
    }

    private func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8]?, headers: [String: String], timeoutSeconds: Int64
    ) async throws(NodeError) -> JSONValue {
        guard path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw NodeError(.requestInvalid, "an id, OIN or state has no spaces and no letters beyond ASCII")
        }
        var request = HTTPClientRequest(url: try url(of: path))
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let status: UInt
        let answer: ByteBuffer
        do {
            let response = try await http.execute(request, timeout: .seconds(timeoutSeconds))
            status = response.status.code
            answer = try await response.body.collect(upTo: JSONLimits.localAnswer.byteCount)
        } catch let error as IOError where error.errnoCode == ECONNREFUSED {
            throw NodeError(
                .nodeNotRunning,
                "nothing listens on \(place): the node was ended and did not clear up; start it with `exchange-node run`",
                cause: "connection refused")
        } catch let error as IOError where error.errnoCode == EACCES {
            throw NodeError(
                .fileUnreadable,
                "this user may not open \(place); run the command as the node's user (`sudo -u USER …`), or as one of the group "
                    + "that `local.group` names", cause: "permission denied")
        } catch {
            throw NodeError(
                .nodeNotRunning,
                "the node on \(place) does not answer: it may hang, or be very busy; look at its log and its process",
                cause: "\(error)")
        }
        return try Self.read(Array(answer.readableBytesView), status: status)
    }

    private var http: HTTPClient {
        switch address {
        case .socket: Self.http
        case .tls(_, let http): http
        }
    }

    private var place: String {
        switch address {
        case .socket(let path): path
        case .tls(let base, _): base
        }
    }

    private func url(of path: String) throws(NodeError) -> String {
        switch address {
        case .tls(let base, _): return base + path
        case .socket(let socketPath):
            guard FileManager.default.fileExists(atPath: socketPath),
                let url = URL(httpURLWithSocketPath: socketPath, uri: path)
            else {
                throw NodeError(
                    .nodeNotRunning,
                    "no node listens on \(socketPath): it does not run, and is started with `exchange-node run`; or it "
                        + "runs and its socket file was removed, and it is restarted to make it anew")
            }
            return url.absoluteString
        }
    }

    private static func read(_ bytes: [UInt8], status: UInt) throws(NodeError) -> JSONValue {
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes, limits: .localAnswer)
        } catch {
            throw NodeError(.answerInvalid, "the node's answer is not JSON (status \(status))", cause: "\(error)")
        }
        guard (200..<300).contains(status) else { throw refusal(value, status: status) }
        return value
    }

    /// What the node said, under its own code. A newer node may have one that this program does not know: whether to try
    /// again, the status says too, and what the node calls it stays to be read.
    private static func refusal(_ problem: JSONValue, status: UInt) -> NodeError {
        let detail = problem["detail"]?.text ?? "it gives no detail"
        let title = problem["title"]?.text
        if let known = title.flatMap(NodeErrorCode.init(rawValue:)) { return NodeError(known, detail) }
        let code: NodeErrorCode = status == 503 ? .storeUnavailable : status >= 500 ? .internalFault : .codeUnknown
        let named = title.map { "`\($0)`, a code that this program does not know" } ?? "no code"
        return NodeError(code, "the node answers with status \(status) and \(named): \(detail)")
    }
}

extension JSONValue {
    /// A member of an object; `nil` in every other value.
    package subscript(name: String) -> JSONValue? { if case .object(let object) = self { object[name] } else { nil } }

    package var text: String? { if case .string(let text) = self { text } else { nil } }
    package var number: Int64? { if case .integer(let number) = self { number } else { nil } }
    package var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    package var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}
