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
}
