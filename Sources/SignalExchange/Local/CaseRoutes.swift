import ExchangeCatalogue
import ExchangeCore
import HTTPTypes
import Hummingbird
import Logging

/// What is owed, who has been told, and what a submission would say (`docs/obligations.md`).
extension LocalServer {
    func addCases(to routes: inout LocalRoutes) {
        let (submitting, obligations, watch) = (submitting, obligations, views.watch)
        let owed = ObligationViews(obligations: obligations)
        let overview = CaseOverview(context: context, obligations: obligations)
        let drafting = CaseDrafting(context: context, obligations: obligations)
        let (node, words) = (context, CaseWords(context))
        let unanswered = UnansweredQueries(obligations: obligations)
        let asking = CaseAsking(context: context, submitting: submitting)
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
            let (reference, isLinked) = (try context.caseReference, try request.flagAsked("linked"))
            let references =
                isLinked
                ? try await LinkedCases.following(reference, in: node.ledger, of: node.oin).references : [reference]
            let document = try await overview.document(of: reference, isLinked: isLinked)
            let told = try await words.add(to: document, of: references)
            return LocalReply(try await unanswered.add(to: told, of: references))
        }
        routes.add(.get, "cases/:reference/draft") { _, context in
            LocalReply(try await drafting.document(of: try context.caseReference))
        }
        routes.add(.post, "cases/:reference/_ask", parameters: ["waitSeconds"]) { request, context in
            let (reference, span) = (try context.caseReference, try request.waitAsked())
            let wish = try CaseAsking.Wish(
                try await request.localObject(members: CaseAsking.Wish.members))
            let asked = try await asking.ask(reference, wish, by: context.caller.actor)
            let ids = asked.compactMap(\.query)
            let answered = try await watch.look(
                for: span, saying: "somebody waits for answers on a case", ["case": "\(reference)"],
                until: { $0.count == ids.count }
            ) { try await asking.answered(ids, in: reference) }
            return LocalReply([
                "asked": .array(
                    asked.map { one in
                        [
                            "partner": .string(one.partner.text),
                            "name": .string(node.community.directory.member(one.partner)?.name ?? ""),
                            "id": one.query.map { .string($0.description) } ?? .null,
                            "answered": .bool(one.query.map(answered.contains) ?? false),
                            "problem": .string(one.problem),
                        ]
                    })
            ])
        }
        routes.add(.post, "messages/:id/recipients/:partner/_told") { request, context in
            let reader = try await request.localObject(members: ["role", "at"])
            let partner = try OIN(try context.parameters.require("partner")).orThrow("name the recipient by its OIN")
            try await owed.noteTold(
                context.messageID, to: partner, role: try reader.text("role"),
                told: try reader.parsed("at", form: "a time in UTC such as 2026-11-26T20:00:00.000Z") { Timestamp($0) },
                by: context.caller.actor)
            return LocalReply(["noted": true])
        }
    }
}

extension CaseAsking.Wish {
    fileprivate static let members = ["partner", "more", "role", "purpose", "legalBasis"]

    fileprivate init(_ reader: ObjectReader) throws {
        func text(_ name: String) throws -> String? { reader.optional(name) == nil ? nil : try reader.text(name) }
        var isMore = false
        switch reader.optional("more") {
        case nil, .bool(false)?: break
        case .bool(true)?: isMore = true
        default: throw NodeError(.requestInvalid, "more: use true or false")
        }
        let basis = try reader.optional("legalBasis").map { _ in
            try reader.elements("legalBasis", count: SignedContent.legalBasisCountRange).map {
                try ObjectReader.text($0, at: reader.path.member("legalBasis"))
            }
        }
        self.init(
            partner: try reader.optionallyParsed("partner", form: "the partner's OIN") { OIN($0) }, isMore: isMore,
            role: try text("role"), purpose: try text("purpose"), legalBasis: basis)
    }
}
