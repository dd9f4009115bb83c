import ExchangeCMS
import ExchangeCore
import ExchangeStore
import Logging
import ServiceLifecycle

/// A node's judgement of itself: whether its files can be used, and whether its own certificates hold. Made at start,
/// when the files change, and every hour; what is wrong is an alarm until it is mended. A directory that came into use
/// is noted then, with the authorities and lists, so that older ones are refused also after a restart.
struct OwnStanding: Service {
    /// Time alone ends a certificate or a list.
    private static let interval = Milliseconds.hours(1)
    /// What could not be noted is noted when the store can be written again.
    var retryInterval = Milliseconds.minutes(1)

    let context: NodeContext

    func run() async throws {
        var next = lookAgain(in: await judge() ? Self.interval : retryInterval)
        defer { next.cancel() }
        for await _ in context.communityHolder.changes.cancelOnGracefulShutdown() {
            next.cancel()
            next = lookAgain(in: await judge() ? Self.interval : retryInterval)
        }
    }

    private func lookAgain(in span: Milliseconds) -> Task<Void, any Error> {
        Task(executorPreference: context.executor) { [context] in
            try await context.clock.wait(until: context.now.monotonic + span)
            context.communityHolder.announce()
        }
    }

    /// - Returns: whether all that there is to note was noted.
    private func judge() async -> Bool {
        let isNoted = await note()
        await tellFindings()
        return isNoted
    }

    /// Each by itself: a directory that must not be used says nothing of the lists beside it.
    private func note() async -> Bool {
        var isNoted = true
        for note in [context.adoptDirectory, context.keepValidationData] as [@Sendable () async throws -> Void] {
            do {
                try await note()
            } catch {
                isNoted = false
                context.logger.error("what this node judges by could not be noted", metadata: ["cause": "\(error)"])
            }
        }
        return isNoted
    }

    private func tellFindings() async {
        let community = context.community
        let own = OwnCertificates(context.keys, over: community.tls)
        var found = own.findings(for: context.oin, in: community, at: context.now.wall)
        if let problem = context.communityHolder.problem {
            found.append(
                OwnCertificates.Finding(
                    code: .filesUnusable,
                    detail: "\(problem); what was read of it before goes on, and everything else is in force"))
        }
        do {
            for code in [AlarmCode.filesUnusable, .ownCertificateUnusable, .ownCertificateExpiring] {
                try await tell(code, found.filter { $0.code == code }.map(\.detail))
            }
        } catch {
            context.logger.error("what this node found of itself could not be kept", metadata: ["cause": "\(error)"])
        }
    }

    /// One alarm a code, that says all; what stands there already is not said again.
    private func tell(_ code: AlarmCode, _ details: [String]) async throws {
        let open = try await context.ledger.alarms(includingCleared: false).map(\.alarm)
            .first { $0.code == code && $0.partner == nil }
        let detail = details.joined(separator: "; ").shortened
        guard detail != open?.detail ?? "" else { return }
        if detail.isEmpty {
            try await context.ledger.clear(code, partner: nil, messageID: nil, at: context.now.wall)
        } else {
            context.logger.warning(
                "this node needs its operator", metadata: ["alarm": "\(code.rawValue)", "why": "\(detail)"])
            try await context.ledger.raise(
                Alarm(code: code, partner: nil, messageID: nil, detail: detail, at: context.now.wall))
        }
    }
}
