import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import HTTPTypes
package import Hummingbird
import Logging

/// The node's face to its own organisation: HTTP on a Unix socket that only this user may open.
package struct LocalServer: Sendable {
    private let context: NodeContext
    private let submitting: Submitting
    private let steps: InboxSteps
    private let views: LocalViews
    private let links: PartnerLinks

    package init(_ context: NodeContext, links: PartnerLinks, changes: ChangeBell, keyBackup: KeyBackup) {
        self.context = context
        self.links = links
        submitting = Submitting(context)
        steps = InboxSteps(context, submitting: submitting)
        views = LocalViews(context: context, links: links, changes: changes, keyBackup: keyBackup)
    }

    package func application(
        socketPath: String, onRunning: @escaping @Sendable () async -> Void
    ) -> some ApplicationProtocol {
        let router = Router()
        let api = router.group("v1")
        addViews(to: api)
        addActions(to: api)
        return Application(
            router: router,
            configuration: .init(address: .unixDomainSocket(path: socketPath), serverName: nil),
            onServerRunning: { _ in await onRunning() },
            logger: context.logger)
    }

    private func addViews(to api: RouterGroup<BasicRequestContext>) {
        let (views, answer) = (views, LocalAnswer(logger: context.logger))
        /// A view that has no parameters refuses them.
        func get(_ path: RouterPath, _ view: @escaping @Sendable (BasicRequestContext) async throws -> JSONValue) {
            api.get(path) { request, parameters in
                try await answer.json {
                    try request.demandParameters()
                    return try await view(parameters)
                }
            }
        }
        get("status") { _ in try await views.status() }
        api.get("deliveries") { request, _ in try await answer.json { try await views.deliveries(.init(request)) } }
        api.get("messages/:id/deliveries") { request, parameters in
            try await answer.json {
                try request.demandParameters("waitSeconds", "until", "partner", "answers")
                return try await views.deliveries(
                    of: parameters.messageID, to: request.partnerAsked(), until: request.progressAsked(),
                    waitingFor: request.waitAsked(), withAnswers: request.flagAsked("answers"))
            }
        }
        get("messages/:id/evidence") { try await views.evidence(of: $0.messageID) }
        api.get("inbox") { request, _ in try await answer.json { try await views.inbox(.init(request)) } }
        api.get("inbox/:id") { request, parameters in
            try await answer.json {
                try request.demandParameters("waitSeconds")
                return try await views.inboxEntry(parameters.messageID, waitingFor: request.waitAsked())
            }
        }
        get("partners") { _ in try await views.partners() }
        get("alarms") { _ in try await views.alarms() }
        get("audit") { _ in try await views.audit() }
    }

    private func addActions(to api: RouterGroup<BasicRequestContext>) {
        let (context, steps, submitting, links) = (context, steps, submitting, links)
        let answer = LocalAnswer(logger: context.logger)
        api.post("messages") { request, _ in
            try await answer.json {
                let outcome = try await submitting.submit(
                    try await request.collectLocal(), key: request.headers[.idempotencyKey])
                return [
                    "id": .string(outcome.messageID.description), "repeated": .bool(outcome.isRepeated),
                    // A partner's receipt, or a second medium, makes it secured; the deliveries show that.
                    "state": "accepted",
                ]
            }
        }
        api.post("inbox/:id/:step") { request, parameters in
            try await answer.json {
                let step = try parameters.inboxStep
                let reader = try await request.localObject(members: ["role", "text"])
                let text = reader.optional("text") == nil ? nil : try reader.text("text")
                let sent = try await steps.perform(
                    step, on: try parameters.messageID, role: try reader.text("role"), text: text)
                return ["acknowledgement": .string(sent.description), "state": .string(step.rawValue)]
            }
        }
        api.post("deliveries/:partner/:number/:event") { request, parameters in
            try await answer.json {
                let (key, event) = try parameters.transportEvent
                let reason = try await request.declaredReason(for: event)
                let isMoved = try await context.ledger.moveTransport(key, event, reason: reason, at: context.now.wall)
                let found = try await context.ledger.delivery(key)
                guard let found else {
                    throw NodeError(
                        .deliveryUnknown,
                        "no delivery \(key.number) to \(key.partner); see `exchange-node queue list --partner "
                            + "\(key.partner)`")
                }
                guard isMoved else { throw NodeError(.stepNotPossible, found.objection) }
                return [
                    "done": true, "message": .string(found.message.id.description),
                    "state": .string(found.state.rawValue),
                ]
            }
        }
        api.post("alarms/:code/clear") { request, parameters in
            try await answer.json {
                let code = try AlarmCode(rawValue: try parameters.parameters.require("code")).orThrow(
                    "code: use one of \(AlarmCode.allCases.map(\.rawValue).joined(separator: ", "))")
                let reader = try await request.localObject(members: ["partner", "message"])
                let partner = try reader.optionallyParsed("partner", form: "an OIN") { OIN($0) }
                let message = try reader.optionalMessageID("message")
                let count = try await context.ledger.alarms(includingCleared: false).map(\.alarm).count {
                    $0.code == code && $0.partner == partner && (message == nil || $0.messageID == message)
                }
                guard count > 0 else {
                    throw NodeError(
                        .requestInvalid,
                        "no alarm \(code.rawValue) of that partner and message is open, so that none was cleared; see "
                            + "`exchange-node alarms`")
                }
                if let message {
                    try await context.ledger.clear(code, partner: partner, messageID: message, at: context.now.wall)
                } else {
                    try await context.ledger.clearAll(code, partner: partner, at: context.now.wall)
                }
                return ["cleared": .integer(Int64(count))]
            }
        }
        api.post("partners/greet") { _, _ in
            try await answer.json {
                for driver in links.all { driver.greet() }
                return ["greeted": .integer(Int64(links.all.count))]
            }
        }
        api.post("reload") { _, _ in
            try await answer.json {
                let community = try context.communityHolder.reload(context.now)
                try await context.adoptDirectory()
                links.followDirectory()
                return ["directoryVersion": .integer(community.directory.version)]
            }
        }
    }
}

extension DeliveryEntry {
    /// Why an operator's step cannot be taken: the state, since when, and what it means for who has to be told.
    fileprivate var objection: String {
        switch transport {
        case .receipted:
            "receipted since \(receiptedAt?.description ?? "before"): the partner HAS it, and it cannot be withdrawn, held "
                + "or released; call them"
        case .refused:
            "the partner refused it (\(detail)): it is sent no more, so that nothing is to be held or released; withdraw "
                + "it, or send a new message that supersedes it"
        case .withdrawn:
            "it was withdrawn (\(detail)), which is final: nobody is sent it any more, and no receipt is here; send a new "
                + "message if they have to know"
        case .held:
            "it is held already (\(detail)): it is not sent until it is released, with `exchange-node queue release`"
        case .open: "it is not held: it is on its way, and the node goes on by itself"
        }
    }
}
