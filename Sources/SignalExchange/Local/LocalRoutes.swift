import ExchangeCatalogue
import HTTPTypes
import Hummingbird
import Logging

/// The requests of the API, by path and method: who may make each, and which parameters it has. What is in no row is
/// answered as such, so that a slip is told apart from "there is nothing".
struct LocalRoutes {
    private struct Row {
        let method: HTTPRequest.Method
        let path: String
        let handler: @Sendable (Request, LocalRequestContext) async throws -> Response
    }

    private let answer: LocalAnswer
    private var rows: [Row] = []

    init(logger: Logger) { answer = LocalAnswer(logger: logger) }

    /// - Parameters:
    ///   - path: below `/v1`.
    ///   - rights: those that a caller needs.
    ///   - parameters: of the query; any other is refused.
    mutating func add(
        _ method: HTTPRequest.Method, _ path: String, for rights: Caller.Rights = .agency, parameters: [String] = [],
        _ body: @escaping @Sendable (Request, LocalRequestContext) async throws -> LocalReply
    ) {
        let answer = answer
        rows.append(
            Row(method: method, path: "\(AgencyAPI.root)/\(path)") { request, context in
                try await answer.reply {
                    guard context.caller.rights >= rights else {
                        throw NodeError(
                            .notPermitted,
                            "this request is for who operates the node; have its operator make it, with `exchange-node`"
                        )
                    }
                    try request.demandParameters(parameters)
                    return try await body(request, context)
                }
            })
    }

    /// The router, which knows callers as `recognition` says.
    consuming func router(_ recognition: CallerRecognition, isOverTLS: Bool) -> Router<LocalRequestContext> {
        let router = Router(context: LocalRequestContext.self, options: .autoGenerateHeadEndpoints)
        let paths = KnownPaths(rows.map { ($0.path, $0.method) })
        router.addMiddleware {
            Admission(recognition: recognition, answer: answer, paths: paths, isOverTLS: isOverTLS)
        }
        for row in rows { router.on(RouterPath(row.path), method: row.method, use: row.handler) }
        return router
    }
}

/// Which methods a path has: for whoever asks with another one.
struct KnownPaths: Sendable {
    private let rows: [(parts: [Substring], method: HTTPRequest.Method)]

    init(_ rows: [(path: String, method: HTTPRequest.Method)]) {
        self.rows = rows.map { ($0.path.split(separator: "/"), $0.method) }
    }

    /// The methods of a path, as the header `Allow` has them; `nil` where there is no such path.
    func allowed(at path: String) -> String? {
        let asked = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let methods = rows.filter { row in
            row.parts.count == asked.count
                && zip(row.parts, asked).allSatisfy { ($0.hasPrefix(":") && !$1.isEmpty) || $0 == $1 }
        }.map(\.method)
        guard !methods.isEmpty else { return nil }
        return (methods.contains(.get) ? methods + [.head] : methods).map(\.rawValue).joined(separator: ", ")
    }
}

/// The first and the last to see a request: who calls, and what every answer bears.
struct Admission: RouterMiddleware {
    let recognition: CallerRecognition
    let answer: LocalAnswer
    let paths: KnownPaths
    let isOverTLS: Bool

    func handle(
        _ request: Request, context: LocalRequestContext,
        next: (Request, LocalRequestContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            var context = context
            let (recognition, channel) = (recognition, context.channel)
            context.caller = try await recognition.caller(on: channel)
            context.isStillAdmitted = { (try? await recognition.caller(on: channel)) != nil }
            // A path is written one way: with a slash behind it, it is another, and there is none.
            guard !request.uri.path.hasSuffix("/"), !request.uri.path.contains("//") else { throw HTTPError(.notFound) }
            response = try await next(request, context)
        } catch let error as NodeError {
            response = answer.problem(error)
        } catch let error as HTTPError where error.status == .notFound {
            response = unknown(request.uri.path)
        }
        for (name, value) in AgencyAPI.headers(isOverTLS: isOverTLS) where response.headers[name] == nil {
            response.headers[name] = value
        }
        return response
    }

    private func unknown(_ path: String) -> Response {
        if let allowed = paths.allowed(at: path) {
            return answer.problem(
                NodeError(.methodNotAllowed, "this path has \(allowed)"), headers: [.allow: allowed])
        }
        return answer.problem(
            NodeError(.pathUnknown, "there is no \(path) here; GET \(AgencyAPI.root)/openapi.json lists all"))
    }
}
