import ExchangeCMS
package import ExchangeCore
import ExchangeStore
import Foundation
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import UnixSignals

/// One organisation's node: its parts, made in the order in which they need each other, and run until the process is
/// asked to stop.
package struct ExchangeNode: Sendable {
    /// Within this span a node that is asked to stop has stopped.
    package static let stopMaximum = Milliseconds.seconds(10)

    package let folder: NodeFolder
    package let configuration: NodeConfiguration
    package let context: NodeContext
    private let links: PartnerLinks
    private let changes = ChangeBell()

    /// Reads the folder and opens the store. Nothing listens yet.
    ///
    /// - Throws: ``NodeError``: what is missing or wrong, and what to do.
    package static func open(
        folder: NodeFolder, configuration: NodeConfiguration, logger: Logger
    ) async throws(NodeError) -> ExchangeNode {
        try checkLibrary(logger: logger)
        let clock = configuration.clock
        if let trial = configuration.trialClock { logger.warning("\(trial.warning)") }
        let keys = try NodeKeys.load(from: folder)
        guard keys.signing.oin == configuration.oin else {
            throw NodeError(
                .certificateUnusable,
                "the signing certificate is of \(keys.signing.oin), and the configuration says \(configuration.oin)")
        }
        let (ledger, community) = try await openLedger(
            folder, configuration, archive: keys.archive, clock: clock, logger: logger)
        let context = NodeContext(
            oin: configuration.oin, keys: keys, limits: configuration.limits, ledger: ledger,
            communityHolder: community, clock: clock, calendar: configuration.escalation.policy.calendar, logger: logger
        )
        do {
            try await context.adoptDirectory()
            try await context.keepValidationData()
        } catch {
            throw NodeError(opening: error, else: "what this node judges by could not be noted")
        }
        return ExchangeNode(
            folder: folder, configuration: configuration, context: context,
            links: PartnerLinks(context))
    }

    private init(folder: NodeFolder, configuration: NodeConfiguration, context: NodeContext, links: PartnerLinks) {
        self.folder = folder
        self.configuration = configuration
        self.context = context
        self.links = links
    }

    /// Serves until the task is cancelled or a stop is asked for, then lets what is on its way end and closes the store.
    ///
    /// - Parameter onReady: called once when both faces of the node listen.
    package func run(onReady: @escaping @Sendable () -> Void) async throws {
        let ready = Countdown(configuration.agency == nil ? 2 : 3, then: onReady)
        let keyBackup = KeyBackup(of: folder)
        if let warning = keyBackup.state.warning { context.logger.warning("\(warning)") }
        try removeStaleSocket()
        let links = links
        let peer = try PeerServer(context, signOfLife: { links.signal(.signOfLife, to: $0) }).application(
            host: configuration.host, port: configuration.port, onRunning: { ready.countDown() })
        let local = LocalServer(
            context, links: links, changes: changes, keyBackup: keyBackup, reports: ReconciliationFiles(folder),
            escalation: configuration.escalation)
        let access = try configuration.socketGroup.map { group throws(NodeError) in try SocketAccess(group: group) }
        let socket = local.application(
            socketPath: configuration.socketPath, access: access,
            onRunning: { ready.countDown() })
        let pump = LedgerPump(context, links: links, changes: changes)
        var services: [any Service] = [pump, OwnStanding(context: context), peer, socket]
        services.append(Purging(context: context, periods: configuration.retention))
        services.append(Escalating(local.obligations))
        services.append(CaseAnswering(context: context, submitting: local.submitting))
        if let listening = configuration.agency {
            services.append(try local.application(listening, onRunning: { ready.countDown() }))
        }
        let alarm = AgencyAlarm(.agencyUnreachable, saying: "the agency's system is not reached")
        await alarm.keep(context)
        let hooks = try WebHook.all(
            configuration.hooks, in: folder, context: context, consumers: local.consumers, alarm: alarm)
        // Before anything is looked at: what is late at the start of a node is a step for it, too.
        for hook in hooks where hook.reach.feed == .escalations { _ = try await hook.reach.consumer() }
        services += hooks
        let outletAlarm = AgencyAlarm(.escalationFailing, saying: "nobody is told this way that something is late")
        await outletAlarm.keep(context)
        services += try await EscalationOutlet.setUp(
            configuration.escalationOutlets, context: context, consumers: local.consumers, alarm: outletAlarm)
        if let path = configuration.watchedFolder {
            let reach = AgencyReach(
                context: context, consumers: local.consumers, alarm: alarm, name: .watchedFolder, feed: .inbox)
            services.append(
                WatchedFolder(
                    reach: reach, submitting: local.submitting, places: FolderPlaces(path: path, access: access)
                ))
        }
        // Where one ends with an error the others are asked to stop, as by a signal: a server that is cancelled drops
        // connections that it has accepted, and the process traps.
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: context.logger)
        group.maximumGracefulShutdownDuration = .milliseconds(Self.stopMaximum.count - 1000)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            do {
                try await context.ledger.close()
            } catch let closing {
                // What ended the node is told to whoever started it; this comes of it, or is less.
                context.logger.error("the store did not close well", metadata: ["cause": "\(closing)"])
            }
            throw Self.explain(error, configuration)
        }
        do {
            try await context.ledger.close()
        } catch let error as StoreError {
            throw NodeError(NodeErrorCode(error.code), error)
        }
    }

    private static func checkLibrary(logger: Logger) throws(NodeError) {
        do {
            for warning in try LibraryProbe.run().warnings { logger.warning("\(warning)") }
        } catch {
            throw NodeError(.libraryUnsafe, "upgrade libssl3 from Debian's security updates", cause: "\(error)")
        }
    }

    /// All that may keep the node from starting is looked at before the store begins an incarnation.
    private static func openLedger(
        _ folder: NodeFolder, _ configuration: NodeConfiguration, archive: ArchiveKey, clock: NodeClock, logger: Logger
    ) async throws(NodeError) -> (SQLiteLedger, CommunityHolder) {
        try NewStore(folder).demandStore()
        do {
            let check = ArchiveKeyCheck(fresh: try archive.makeCheck()) { _ = try archive.open($0) }
            var community: CommunityHolder?
            var limits = StoreLimits()
            limits.obligationFirstLook = min(limits.obligationFirstLook, configuration.escalation.policy.shortest)
            let ledger = try await SQLiteLedger.open(
                at: folder.store, digest: sha256, random: { randomBytes(count: $0) }, now: clock.now, mustExist: true,
                archiveKey: check, limits: limits
            ) { earlier in
                let now = clock.now
                let holder = try CommunityHolder(
                    folder: folder, own: configuration.oin, known: earlier.directory?.digest,
                    lists: earlier.usableLists(logger), now: now)
                let (directory, digest) = (holder.current(now).directory, holder.current(now).directoryDigest)
                let mark = DirectoryMark(version: directory.version, digest: digest)
                try NodeContext.demandInUse(mark, after: mark.adoption(after: earlier.directory))
                try await probeAddress(configuration)
                community = holder
            }
            guard let community else { preconditionFailure("a store that is opened was reviewed") }
            return (ledger, community)
        } catch {
            throw NodeError(opening: error, else: "\(folder.store) cannot be opened")
        }
    }

    /// Listens for a moment where the node will listen: what keeps it from that is told before anything has begun.
    private static func probeAddress(_ configuration: NodeConfiguration) async throws {
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: configuration.host, port: configuration.port).get()
            try await channel.close()
        } catch {
            throw explain(error, configuration)
        }
    }

    /// The store's lock says that no other node runs on this folder: what lies there is what a killed one left.
    private func removeStaleSocket() throws(NodeError) {
        let path = configuration.socketPath
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw NodeError(.addressInUse, "\(path) is in the way; remove it", cause: "\(error)")
        }
    }

    private static func explain(_ error: any Error, _ configuration: NodeConfiguration) -> any Error {
        let (host, port, socket) = (configuration.host, configuration.port, configuration.socketPath)
        if error is SocketAddressError.UnknownHost {
            return NodeError(
                .configurationInvalid, "\(host) is no address; set `listen.host`, to 0.0.0.0 for all of this machine's",
                cause: "\(error)")
        }
        guard let error = error as? IOError else { return error }
        let (code, message): (NodeErrorCode, String)
        switch error.errnoCode {
        case EADDRINUSE:
            (code, message) = (.addressInUse, "\(host):\(port) is taken; stop what listens there, or set `listen.port`")
        case EADDRNOTAVAIL:
            (code, message) = (
                .configurationInvalid,
                "\(host) is no address of this machine; set `listen.host`, to 0.0.0.0 for all of its addresses"
            )
        case ENOENT, ENOTDIR:
            (code, message) = (
                .configurationInvalid, "\(socket) has no folder; make it, or set `local.socket` to another path"
            )
        case EACCES, EPERM:
            (code, message) = (
                .configurationInvalid,
                "this user may not listen on \(host):\(port) or make \(socket); set `listen.port` above 1023, or look at "
                    + "the folder's rights"
            )
        default: return error
        }
        return NodeError(code, message, cause: "\(error)")
    }
}

/// Calls back when each of several has happened.
private final class Countdown: Sendable {
    private let left: Mutex<Int>
    private let then: @Sendable () -> Void

    init(_ count: Int, then: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.then = then
    }

    func countDown() {
        let isOver = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isOver { then() }
    }
}

extension NodeError {
    /// What keeps a store from being opened or made: nothing goes on by itself, so that the store's own code is told.
    ///
    /// - Parameter complaint: for what neither this node nor the store has a code of.
    init(opening error: any Error, else complaint: String) {
        switch error {
        case let error as NodeError: self = error
        case let error as StoreError: self.init(NodeErrorCode(error.code), error)
        default: self.init(.storeUnavailable, complaint, cause: "\(error)")
        }
    }

    /// What the store said, under a code of ours. The store's own code follows where it says more.
    init(_ code: NodeErrorCode, _ error: StoreError) {
        let own = error.code.rawValue == code.rawValue ? "" : "\(error.code.rawValue): "
        self.init(code, own + error.message, cause: error.cause.isEmpty ? nil : error.cause)
    }
}

extension NodeErrorCode {
    /// The code under which an opening tells what the store said.
    init(_ code: StoreError.Code) {
        self =
            switch code {
            case .storeLocked: .alreadyRunning
            case .storeDamaged: .storeDamaged
            case .storeNewer: .storeNewer
            case .archiveKeyWrong: .archiveKeyWrong
            case .diskFull: .diskFull
            case .storeUnavailable, .durabilityLost, .invariantViolated: .storeUnavailable
            }
    }
}
