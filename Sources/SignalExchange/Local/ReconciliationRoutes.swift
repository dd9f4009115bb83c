import ExchangeCore
import Hummingbird

/// The reports of pairs (`protocol.md` §8.3).
extension LocalServer {
    func addReconciliation(to routes: inout LocalRoutes) {
        let reconciling = reconciling
        routes.add(.post, "partners/:partner/_reconcile", for: .operator) { _, context in
            let report = try await reconciling.make(with: try context.partner, by: context.caller.actor)
            return LocalReply(try report.json())
        }
        routes.add(.get, "partners/:partner/reconciliation") { _, context in
            let partner = try context.partner
            guard let report = try reconciling.files.newest(of: partner) else {
                throw NodeError(
                    .reportUnknown,
                    "no report of the pair with \(partner) was made; make one with `exchange-node reconcile \(partner)`"
                )
            }
            return LocalReply(try report.json())
        }
    }
}

extension LocalRequestContext {
    fileprivate var partner: OIN {
        get throws { try OIN(try parameters.require("partner")).orThrow("name the partner by its OIN") }
    }
}
