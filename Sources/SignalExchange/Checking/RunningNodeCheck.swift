import ExchangeCatalogue
import ExchangeCore
import ExchangeStore

/// What the running node says of itself.
struct RunningNodeCheck {
    let client: LocalClient

    struct Look {
        var findings: [Finding] = []
        /// Whether a node answers on the socket.
        var isRunning = false
        /// What keeps the store from being written, as the node says; empty where nothing does.
        var storeProblem = ""
        var directoryVersion: Int64?
        /// Systems of the organisation that fetch what the ladder told; `nil` where no node says so.
        var followers: [String]?
        /// That partners take nothing from this node, which is told before all else: whatever fails besides, nothing that is
        /// handed in here reaches them. `nil` where they do.
        var fence: Finding?
    }

    func look() async -> Look {
        var look = Look()
        do {
            let status = try await client.get("/v1/status", timeoutSeconds: 10)
            look.isRunning = true
            look.storeProblem = status["storeProblem"]?.text ?? ""
            look.directoryVersion = status["directoryVersion"]?.number
            look.findings.append(
                Finding("node", .ok, "runs, incarnation \(status["incarnation"]?.text ?? "unknown")"))
            look.fence = try await fence()
            if let problem = status["filesProblem"]?.text, !problem.isEmpty {
                look.findings.append(
                    Finding(
                        "files", .wrong, "the running node cannot use a file, and goes on with what it had: \(problem)")
                )
            }
            let held = status["held"]?.number ?? 0
            if held > 0 {
                look.findings.append(
                    Finding(
                        "held", .warning,
                        "\(held) \(held == 1 ? "delivery is" : "deliveries are") held here, and nobody is told by them: "
                            + "`exchange-node queue list --open` has them in state held; release or withdraw each"))
            }
            let open = status["alarms"]?.number ?? 0
            look.findings.append(
                open == 0
                    ? Finding("alarms", .ok, "none is open")
                    : Finding("alarms", .warning, "\(open) are open: `exchange-node alarms` says what to do"))
            look.followers = try await followers()
        } catch  where error.code == .nodeNotRunning {
            look.findings.append(
                Finding(
                    "node", .wrong,
                    "\(error.message). Until then no partner reaches anybody here, and nothing is sent"))
        } catch {
            look.findings.append(Finding("node", error))
        }
        return look
    }

    /// What the node itself runs or calls is a consumer too, and no system that fetches.
    private func followers() async throws(NodeError) -> [String] {
        (try await client.get("/v1/consumers", timeoutSeconds: 10)["items"]?.elements ?? [])
            .filter { $0["feed"]?.text == FeedName.escalations.rawValue }
            .compactMap { $0["name"]?.text.flatMap { ConsumerName($0) } }.filter { !$0.isOwn }.map(\.text)
    }

    private func fence() async throws(NodeError) -> Finding? {
        let alarms = try await client.get("/v1/alarms", timeoutSeconds: 10).elements
            .filter { $0["code"]?.text == AlarmCode.nodeFenced.rawValue }
        guard let first = alarms.first else { return nil }
        let names = alarms.compactMap { $0["partnerName"]?.text }.joined(separator: ", ")
        return Finding(
            AlarmCode.nodeFenced.rawValue, .wrong,
            "\(names): \(first["detail"]?.text ?? ""). See docs/trouble.md (two nodes of one organisation)")
    }
}
