import ExchangeCore
package import ExchangeStore
import Logging
import ServiceLifecycle

/// Carries what happens in the ledger to those who wait for it, and runs the links to the partners.
package struct LedgerPump: Service {
    private let context: NodeContext
    private let links: PartnerLinks
    private let changes: ChangeBell

    package init(_ context: NodeContext, links: PartnerLinks, changes: ChangeBell) {
        self.context = context
        self.links = links
        self.changes = changes
    }

    package func run() async throws {
        // Subscribed before anything can happen that it would tell.
        let events = context.ledger.events
        await begin()
        for await event in events.cancelOnGracefulShutdown() { try await carry(event) }
        await links.stop(grace: .seconds(5))
    }

    /// Begins a link to each partner.
    package func begin() async {
        links.followDirectory()
        await reviewAbsent()
    }

    /// Tells everybody who waits for it.
    ///
    /// - Throws: ``NodeError`` where the node must end.
    package func carry(_ event: LedgerEvent) async throws {
        switch event {
        case .workArrived(let partner):
            links.signal(.workArrived, to: partner)
            // Opened, held, released or withdrawn for a partner that has no link.
            if context.community.directory.member(partner) == nil { await reviewAbsent() }
        // What it has lost, and whether it is the one at its address, shows when it is asked.
        case .partnerReopened(let partner): links.signal(.greetingAsked, to: partner)
        case .directoryAdopted:
            links.followDirectory()
            await reviewAbsent()
        case .everything:
            links.followDirectory()
            links.signalAll(.workArrived)
            await reviewAbsent()
        case .deliveryMoved, .inboxChanged, .alarmsChanged, .caseQueryArrived: break
        case .durabilityLost:
            // Never a second try: what a failed sync lost, the next one would report as written.
            await links.stop(grace: .zero)
            throw NodeError(
                .storeUnavailable,
                "a write may not have reached the disk, so the node stops; look at the disk and "
                    + "the system's log, then start it again")
        }
        changes.ring()
    }

    private func reviewAbsent() async {
        do {
            try await AbsentPartners(context).review()
        } catch {
            context.logger.error(
                "partners that are not in the directory could not be looked for", metadata: ["cause": "\(error)"])
        }
    }
}
