import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import HTTPTypes
import Hummingbird

/// The requests of the organisation's systems: what is sent, what came, and what is followed.
extension LocalServer {
    func addMessages(to routes: inout LocalRoutes) {
        let (submitting, views) = (submitting, views)
        routes.add(.post, "messages", parameters: ["waitSeconds"]) { request, context in
            let span = try request.waitAsked()
            let outcome = try await submitting.submit(
                try await request.collectLocal(), key: try request.idempotencyKey(), by: context.caller.actor)
            let id = outcome.messageID
            let secured = try await views.isSecured(id, waitingFor: span)
            return LocalReply(
                [
                    "id": .string(id.description), "repeated": .bool(outcome.isRepeated),
                    "state": .string(secured ? "secured" : "accepted"),
                    // Whom the sender leaves out, and on what ground they are to be told: accepted all the same.
                    "leftOut": .array(
                        outcome.leftOut.map { ["role": .string($0.role.rawValue), "ground": .string($0.ground)] }),
                ],
                // Said once for each message: whoever asks again learns that nothing was made.
                status: outcome.isRepeated ? .ok : .created, headers: [.location: "\(AgencyAPI.root)/messages/\(id)"])
        }
        routes.add(.get, "messages/:id", parameters: ["waitSeconds"]) { request, context in
            LocalReply(try await views.message(context.messageID, waitingFor: request.waitAsked()))
        }
        routes.add(
            .get, "messages/:id/deliveries", parameters: ["waitSeconds", "until", "partner", "answers"]
        ) { request, context in
            LocalReply(
                try await views.deliveries(
                    of: context.messageID, to: request.partnerAsked(), until: request.progressAsked(),
                    waitingFor: request.waitAsked(), withAnswers: request.flagAsked("answers")))
        }
        routes.add(.get, "messages/:id/evidence") { _, context in
            LocalReply(try await views.evidence(of: context.messageID))
        }
        routes.add(.get, "deliveries", parameters: DeliveryFilter.parameters) { request, _ in
            LocalReply(try await views.deliveries(DeliveryFilter(request)))
        }
    }

    func addInbox(to routes: inout LocalRoutes) {
        let (steps, views) = (steps, views)
        routes.add(.get, "inbox", parameters: InboxFilter.parameters) { request, _ in
            LocalReply(try await views.inbox(InboxFilter(request)))
        }
        routes.add(.get, "inbox/:id", parameters: ["waitSeconds"]) { request, context in
            LocalReply(try await views.inboxEntry(context.messageID, waitingFor: request.waitAsked()))
        }
        for (name, step) in [
            ("_take", AcknowledgementStep.owned), ("_decline", .declined), ("_conclude", .concluded),
        ] {
            routes.add(.post, "inbox/:id/\(name)") { request, context in
                let reader = try await request.localObject(members: ["role", "text"])
                let text = reader.optional("text") == nil ? nil : try reader.text("text")
                guard text != nil || step == .owned else {
                    throw NodeError(
                        .requestInvalid, "text: say \(step == .declined ? "why it is declined" : "what was done")")
                }
                let outcome = try await steps.perform(
                    step, on: context.messageID, role: try reader.text("role"), text: text,
                    key: try request.idempotencyKey(), by: context.caller.actor)
                return LocalReply([
                    "acknowledgement": .string(outcome.messageID.description), "state": .string(step.rawValue),
                    "repeated": .bool(outcome.isRepeated),
                ])
            }
        }
    }

    func addConsumers(to routes: inout LocalRoutes) {
        let consumers = consumers
        routes.add(.get, "consumers") { _, _ in LocalReply(try await consumers.all()) }
        routes.add(.put, "consumers/:name") { request, context in
            let reader = try await request.localObject(members: ["feed", "from"])
            let feeds = FeedName.allCases.map(\.rawValue).joined(separator: ", ")
            let feed = try reader.parsed("feed", form: feeds) { FeedName(rawValue: $0) }
            let fromStart = try reader.optionallyParsed("from", form: "start or now") {
                ["start": true, "now": false][$0]
            }
            let (view, isNew) = try await consumers.add(
                try context.foreignConsumerName, of: feed, fromStart: fromStart ?? true,
                by: context.caller.actor)
            return LocalReply(view, status: isNew ? .created : .ok)
        }
        routes.add(.get, "consumers/:name") { _, context in LocalReply(try await consumers.one(context.consumerName)) }
        routes.add(.delete, "consumers/:name") { _, context in
            LocalReply(try await consumers.remove(try context.foreignConsumerName, for: context.caller))
        }
        routes.add(.get, "consumers/:name/entries", parameters: ["limit", "waitSeconds"]) { request, context in
            let name = try context.consumerName
            guard request.asksForEvents else {
                guard request.headers[.lastEventID] == nil else {
                    throw NodeError(.requestInvalid, "Last-Event-ID is of a stream of events; leave it out")
                }
                return LocalReply(
                    try await consumers.page(
                        of: name, maximumItems: request.feedLimitAsked(), waitingFor: request.waitAsked()))
            }
            guard request.uri.queryParameters.isEmpty else {
                throw NodeError(.requestInvalid, "a stream of events has no parameters; leave them out")
            }
            return LocalReply(
                events: try await consumers.stream(
                    of: name, after: request.headers[.lastEventID], while: context.isStillAdmitted))
        }
        routes.add(.put, "consumers/:name/cursor") { request, context in
            let reader = try await request.localObject(members: ["cursor"])
            let cursor = try reader.parsed("cursor", form: "a cursor that this consumer was given") { FeedCursor($0) }
            return LocalReply(
                try await consumers.confirm(
                    cursor, of: try context.foreignConsumerName, by: context.caller.actor))
        }
    }

    func addOverviews(to routes: inout LocalRoutes) {
        let views = views
        routes.add(.get, "openapi.json") { _, _ in
            // The one document that a page of another origin may read: it says nothing of anybody.
            LocalReply(document: PackageResources.openapi_json, headers: [.accessControlAllowOrigin: "*"])
        }
        routes.add(.get, "status") { _, context in LocalReply(try await views.status(for: context.caller)) }
        routes.add(.get, "partners") { _, _ in LocalReply(try await views.partners()) }
        routes.add(.get, "alarms") { _, _ in LocalReply(try await views.alarms()) }
        routes.add(.get, "audit") { _, _ in LocalReply(try await views.audit()) }
    }
}
