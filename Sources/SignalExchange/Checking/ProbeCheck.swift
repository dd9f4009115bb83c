import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import Foundation

/// Sends each partner a probe (NOD-09) on the way that every message takes, and waits for its signed receipt. A probe
/// that got none stays in the queue, and is waited for by the next check: one partner never has two.
struct ProbeCheck {
    /// The probe of the catalogue.
    static let type = "NOD-09"
    /// Behind more than so many open deliveries an older probe is not looked for, for then none is needed to see it.
    private static let searchedMaximumItems = 10_000
    /// Beyond it two clocks are no more what they should be; at five minutes partners hold what is signed.
    private static let skewWarning = Milliseconds.seconds(5)
    private static let skewMaximum = Milliseconds.minutes(1)

    let client: LocalClient
    let own: Member
    let directory: Directory
    let waitSeconds: Int64
    /// The node's own.
    let clock: NodeClock

    /// In the order of the directory.
    func findings() async -> [Finding] {
        let partners = directory.members.filter { $0.oin != own.oin }
        // A link that waits after a failure would wait on, although what failed may be mended by now. Where this cannot be
        // asked for, each probe says why.
        _ = try? await client.post("/v1/partners/_greet")
        return await withTaskGroup(of: (Int, [Finding]).self) { group in
            for (index, partner) in partners.enumerated() {
                group.addTask { (index, await probe(partner)) }
            }
            var found: [(Int, [Finding])] = []
            for await finding in group { found.append(finding) }
            return found.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private func probe(_ partner: Member) async -> [Finding] {
        do {
            let waiting = try await openProbe(to: partner)
            let sent = clock.now
            let id: String
            if let waiting { id = waiting } else { id = try await submit(to: partner) }
            let rows = try await client.get(
                "/v1/messages/\(id)/deliveries?waitSeconds=\(waitSeconds)&partner=\(partner.oin)",
                timeoutSeconds: waitSeconds + 30)
            let milliseconds = clock.now.monotonic.milliseconds - sent.monotonic.milliseconds
            guard let row = rows.elements.first, row["receipted"]?.flag == true else {
                return [unanswered(rows.elements.first, partner)]
            }
            let age = waiting == nil ? "" : ", for a probe of an earlier check"
            return [
                Finding(
                    "probe", .ok, "\(partner.name): receipt after \(milliseconds) ms\(age)", partner: partner.oin,
                    milliseconds: milliseconds)
            ] + (waiting == nil ? await skew(of: partner, probe: id, sent: sent.wall) : [])
        } catch {
            return [
                Finding(
                    "probe",
                    error as? NodeError ?? NodeError(.internalFault, "no probe could be sent", cause: "\(error)"),
                    partner: partner.oin)
            ]
        }
    }

    private func openProbe(to partner: Member) async throws -> String? {
        var found: String?
        try await client.list(
            "/v1/deliveries", ["open=true", "partner=\(partner.oin)"], maximumItems: Self.searchedMaximumItems
        ) { rows in
            found =
                found
                ?? rows.first {
                    $0["type"]?.text == Self.type
                        && ["accepted", "sending"].contains($0["state"]?.text)
                }?["id"]?.text
        }
        return found
    }

    private func submit(to partner: Member) async throws -> String {
        let submission: JSONValue = [
            "type": .string(Self.type),
            "role": .string(own.roles[0].rawValue),
            "recipients": [["oin": .string(partner.oin.text), "role": .string(partner.roles[0].rawValue)]],
            "purpose": "https://exchange-node.invalid/processing/check", "legalBasis": ["A6-1-e"],
            "body": ["label": "exchange-node check"],
        ]
        let answer = try await client.post(
            "/v1/messages", body: JSONWriter.write(submission),
            headers: ["Idempotency-Key": "check-\(UUID().uuidString.lowercased())"])
        guard let id = answer["id"]?.text else {
            throw NodeError(.answerInvalid, "the node's answer names no message")
        }
        return id
    }

    private func unanswered(_ row: JSONValue?, _ partner: Member) -> Finding {
        let state = row?["state"]?.text ?? ""
        let detail = row?["detail"]?.text.flatMap { $0.isEmpty ? nil : ": \($0)" } ?? ""
        let call = "call \(partner.dutyContact.name), \(partner.dutyContact.phone)"
        let text =
            state == "refused"
            ? "\(partner.name) refused the probe\(detail); \(call)"
            : "\(partner.name): no receipt within \(waitSeconds) seconds\(detail). The node goes on trying; \(call) where "
                + "somebody there has to know something tonight"
        return Finding("probe", .wrong, text, partner: partner.oin)
    }

    /// How far the partner's clock is from this one, by the time in its receipt: whole seconds, somewhere between sending
    /// and now.
    private func skew(of partner: Member, probe id: String, sent: Timestamp) async -> [Finding] {
        guard let answer = try? await client.get("/v1/messages/\(id)/evidence"),
            let receipt = (try? EvidenceFiles(json: answer))?["receipts/\(partner.oin).der"],
            let signer = try? UnverifiedSigner(of: receipt, as: .receipt)
        else { return [] }
        return Self.skew(of: partner, signedAt: signer.signingTime, between: sent, and: clock.now.wall)
    }

    static func skew(
        of partner: Member, signedAt: Timestamp, between sent: Timestamp, and received: Timestamp
    ) -> [Finding] {
        let ahead = signedAt - received
        // Its second began up to a second before it signed.
        let behind = sent - (signedAt + .seconds(1))
        let off = max(ahead, behind)
        guard off >= skewWarning else { return [] }
        return [
            Finding(
                "clock", off >= skewMaximum ? .wrong : .warning,
                "the clock of \(partner.name) is \(off.count / 1000) seconds \(ahead > behind ? "ahead of" : "behind") this "
                    + "one; look at both. At 5 minutes what is signed is held", partner: partner.oin)
        ]
    }
}
