import ExchangeCMS
import ExchangeCore
import ExchangeStore
import Foundation
package import Hummingbird
import HummingbirdTLS
import Logging

/// The node's face to its own organisation: the API of `docs/agency-api.md`, on a Unix socket and, where it is set up, over
/// TLS.
package struct LocalServer: Sendable {
    /// Connections of one listener at once; more wait until one ends.
    private static let maximumConnections = 256
    /// Of these, on the socket, those of systems: the others are the operator's.
    private static let maximumSystemConnections = 192
    /// After how long a connection on which no request is under way is closed.
    private static let idleMaximum = Duration.seconds(120)

    let context: NodeContext
    let submitting: Submitting
    let steps: InboxSteps
    let views: LocalViews
    let consumers: ConsumerViews
    let links: PartnerLinks
    let reconciling: Reconciling
    let obligations: NodeObligations

    package init(
        _ context: NodeContext, links: PartnerLinks, changes: ChangeBell, keyBackup: KeyBackup,
        reports: ReconciliationFiles, escalation: EscalationSettings
    ) {
        obligations = NodeObligations(context, settings: escalation)
        reconciling = Reconciling(context: context, links: links, files: reports)
        self.context = context
        self.links = links
        submitting = Submitting(context)
        steps = InboxSteps(context, submitting: submitting)
        views = LocalViews(context: context, links: links, changes: changes, keyBackup: keyBackup)
        consumers = ConsumerViews(views: views)
    }

    /// On the Unix socket, for the users whom its file lets in.
    ///
    /// - Parameter access: whom it lets in beside the node's own user.
    package func application(
        socketPath: String, access: SocketAccess?, onRunning: @escaping @Sendable () async -> Void
    ) -> some ApplicationProtocol {
        let logger = context.logger
        let recognition = CallerRecognition.peerCredentials(nodeUser: geteuid())
        let places = SystemPlaces(maximum: Self.maximumSystemConnections)
        return Application(
            router: router(recognition, isOverTLS: false),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [SocketWatch(recognition, places: places, node: context)],
                    idleTimeout: .init(Self.idleMaximum))),
            configuration: .init(
                address: .unixDomainSocket(path: socketPath), serverName: nil,
                availableConnectionsDelegate: .maximum(Self.maximumConnections, logger: logger)),
            onServerRunning: { _ in
                do {
                    try access?.open(socketPath)
                } catch {
                    // The node works, for its own user: partners must not wait for a right that is missing here.
                    logger.error("the socket stays this user's alone", metadata: ["cause": "\(error)"])
                }
                await onRunning()
            },
            logger: logger)
    }

    /// Over TLS, for the systems whose certificates are listed.
    ///
    /// - Throws: ``NodeError`` `certificate-unusable`.
    package func application(
        _ listening: AgencyListening, onRunning: @escaping @Sendable () async -> Void
    ) throws -> some ApplicationProtocol {
        let logger = context.logger
        let clients = try AgencyClients(listening.clients, logger: logger)
        let context = context
        let configuration = TLSChannelConfiguration(
            tlsConfiguration: try AgencyIdentity(listening, logger: logger).server,
            customAsyncVerificationCallback: { chain in
                guard let leaf = chain.first, clients.contains(sha256(try leaf.toDERBytes())) else {
                    context.warn(
                        "a connection to the API was refused",
                        cause: "its certificate is not in the file of `agency.clients`", from: nil)
                    return .failed
                }
                return .certificateVerified
            })
        return Application(
            router: router(.certificate(clients), isOverTLS: true),
            server: try .tls(
                .http1(
                    configuration: .init(
                        additionalChannelHandlers: [ConnectionWatch(context, connections: nil)],
                        idleTimeout: .init(Self.idleMaximum))),
                configuration: configuration),
            configuration: .init(
                address: .hostname(listening.host, port: listening.port), serverName: nil,
                availableConnectionsDelegate: .maximum(Self.maximumConnections, logger: logger)),
            onServerRunning: { _ in await onRunning() },
            logger: logger)
    }

    private func router(_ recognition: CallerRecognition, isOverTLS: Bool) -> Router<LocalRequestContext> {
        var routes = LocalRoutes(logger: context.logger)
        addMessages(to: &routes)
        addInbox(to: &routes)
        addConsumers(to: &routes)
        addOverviews(to: &routes)
        addCases(to: &routes)
        addOperation(to: &routes)
        addReconciliation(to: &routes)
        return routes.router(recognition, isOverTLS: isOverTLS)
    }
}
