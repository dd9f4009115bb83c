import ExchangeCatalogue
import ExchangeCore

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

    private func fence() async throws(NodeError) -> Finding? {
        let alarms = try await client.get("/v1/alarms", timeoutSeconds: 10).elements
            .filter { $0["code"]?.text == AlarmCode.nodeFenced.rawValue }
        guard let first = alarms.first else { return nil }
        let names = alarms.compactMap { $0["partnerName"]?.text }.joined(separator: ", ")
        return Finding(
            AlarmCode.nodeFenced.rawValue, .wrong,
            "\(names): \(first["detail"]?.text ?? ""). See docs/operations.md (two nodes of one organisation)")
    }
}
