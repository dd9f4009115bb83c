import ExchangeCatalogue
import ExchangeCore
import HTTPTypes
import Hummingbird

/// What is owed, who has been told, and what a submission would say (`docs/obligations.md`).
extension LocalServer {
    func addCases(to routes: inout LocalRoutes) {
        let (submitting, obligations, watch) = (submitting, obligations, views.watch)
        let owed = ObligationViews(obligations: obligations)
        let overview = CaseOverview(context: context, obligations: obligations)
        let drafting = CaseDrafting(context: context, obligations: obligations)
        routes.add(.post, "submissions/_check") { request, _ in
            LocalReply(try await submitting.preview(try await request.collectLocal()).document)
        }
        routes.add(.get, "obligations", parameters: ["late", "after"]) { request, _ in
            let after = try request.uri.queryParameters["after"].map {
                try MessageID(String($0)).orThrow("after: use what stood in `next`")
            }
            return LocalReply(try await owed.page(after: after, onlyLate: try request.flagAsked("late")))
        }
        routes.add(.get, "escalations", parameters: ["after", "limit", "waitSeconds"]) { request, _ in
            LocalReply(
                try await owed.steps(
                    after: try request.numberAsked("after"), maximumItems: try request.feedLimitAsked(),
                    watch: watch, waitingFor: try request.waitAsked()))
        }
        routes.add(.get, "cases/:reference", parameters: ["linked"]) { request, context in
            LocalReply(
                try await overview.document(
                    of: try context.caseReference, isLinked: try request.flagAsked("linked")))
        }
        routes.add(.get, "cases/:reference/draft") { _, context in
            LocalReply(try await drafting.document(of: try context.caseReference))
        }
        routes.add(.post, "messages/:id/recipients/:partner/_told") { request, context in
            let reader = try await request.localObject(members: ["role", "at"])
            let partner = try OIN(try context.parameters.require("partner")).orThrow("name the recipient by its OIN")
            try await owed.noteTold(
                context.messageID, to: partner, role: try reader.text("role"),
                told: try reader.parsed("at", form: "a time in UTC") { Timestamp($0) }, by: context.caller.actor)
            return LocalReply(["noted": true])
        }
    }
}
