import OrderedCollections
import ExchangeCatalogue
import HTTPTypes
import Hummingbird
import Logging

/// The requests of the API, by path and method: who may make each, and which parameters it has. What is in no row is
/// answered as such, so that a slip is told apart from "there is nothing".
struct LocalRoutes {
    private static let methods: [HTTPRequest.Method] = [.get, .post, .put, .delete, .patch, .options, .trace]

    private let router: Router<LocalRequestContext>
    private let answer: LocalAnswer
    /// By path, the methods that it has.
    private var allowed: OrderedDictionary<String, [HTTPRequest.Method]> = [:]

    init(recognition: CallerRecognition, isOverTLS: Bool, logger: Logger) {
        answer = LocalAnswer(logger: logger)
        router = Router(context: LocalRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.addMiddleware { Admission(recognition: recognition, answer: answer, isOverTLS: isOverTLS) }
    }

    /// - Parameters:
    ///   - path: below `/v1`.
    ///   - rights: those that a caller needs.
    ///   - parameters: of the query; any other is refused.
    mutating func add(
        _ method: HTTPRequest.Method, _ path: String, for rights: Caller.Rights = .agency, parameters: [String] = [],
        _ body: @escaping @Sendable (Request, LocalRequestContext) async throws -> LocalReply
    ) {
        let answer = answer
        allowed[path, default: []].append(method)
        router.on(RouterPath("\(AgencyAPI.root)/\(path)"), method: method) { request, context in
            try await answer.reply {
                guard context.caller.rights >= rights else {
                    throw NodeError(
                        .notPermitted,
                        "this request is for who operates the node; have its operator make it, with `exchange-node`")
                }
                try request.demandParameters(parameters)
                return try await body(request, context)
            }
        }
    }

    /// The router, which also answers a method that a path does not have.
    consuming func finished() -> Router<LocalRequestContext> {
        for (path, known) in allowed {
            let names = (known.contains(.get) ? known + [.head] : known).map(\.rawValue).joined(separator: ", ")
            for method in Self.methods where !known.contains(method) {
                let answer = answer
                router.on(RouterPath("\(AgencyAPI.root)/\(path)"), method: method) { _, _ in
                    answer.problem(
                        NodeError(.methodNotAllowed, "this path has \(names)"), headers: [.allow: names])
                }
            }
        }
        return router
    }
}

/// The first and the last to see a request: who calls, and what every answer bears.
struct Admission: RouterMiddleware {
    let recognition: CallerRecognition
    let answer: LocalAnswer
    let isOverTLS: Bool

    func handle(
        _ request: Request, context: LocalRequestContext,
        next: (Request, LocalRequestContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            var context = context
            context.caller = try await recognition.caller(on: context.channel)
            // A path is written one way: with a slash behind it, it is another, and there is none.
            guard request.uri.path == "/" || !request.uri.path.hasSuffix("/") else { throw HTTPError(.notFound) }
            response = try await next(request, context)
        } catch let error as NodeError {
            response = answer.problem(error)
        } catch let error as HTTPError where error.status == .notFound {
            response = answer.problem(
                NodeError(
                    .pathUnknown, "there is no \(request.uri.path) here; GET \(AgencyAPI.root)/openapi.json lists all"))
        }
        for (name, value) in AgencyAPI.headers(isOverTLS: isOverTLS) where response.headers[name] == nil {
            response.headers[name] = value
        }
        return response
    }
}
