import Configuration
package import ExchangeCore
import Foundation
package import Logging

/// What an operator sets. Order: flags, environment (`EXCHANGE_NODE_…`), `node.yaml`, defaults.
package struct NodeConfiguration: Sendable {
    package var oin: OIN
    package var host: String
    package var port: Int
    /// Where the local API listens; relative to the node's folder unless absolute.
    package var socketPath: String
    /// The group whose members the socket lets in, beside the node's own user.
    package var socketGroup: String?
    /// Where the API listens for other machines; nowhere, where it is `nil`.
    package var agency: AgencyListening?
    /// What the node calls for each entry of a feed; nothing, where it is `nil`.
    package var hooks: HookSettings?
    /// The folder into which the agency's system lays what is to be sent; none, where it is `nil`.
    package var watchedFolder: String?
    package var logLevel: Logger.Level
    package var limits: NodeLimits
    /// How long content is kept after it was closed.
    package var retention: RetentionPeriods
    /// By which clocks something is late, and who is told then.
    package var escalation: EscalationSettings
    /// What is run when somebody is told.
    package var escalationOutlets: EscalationOutletSettings
    /// How far the node's clock is ahead of the machine's; `nil` outside of trials.
    package var trialClock: TrialClock?

    /// A socket's path lies in a fixed array of the kernel (`sockaddr_un`), with its closing zero.
    package static let socketPathMaximumBytes = 107

    /// - Parameter flags: values from the command line, by key, such as `listen.port`.
    package static func load(from folder: NodeFolder, flags: [String: String] = [:]) async throws(NodeError) -> Self {
        let text: String
        do {
            text = try folder.readText(folder.configuration)
        } catch  where error.code == .fileMissing {
            throw NodeError(
                .fileMissing,
                "\(folder.configuration) is missing, so that this is no node's folder; name the folder with --folder or "
                    + "EXCHANGE_NODE_FOLDER, or make one with `exchange-node init`. Where its disk is gone and the keys are "
                    + "left: docs/trouble.md (the disk is gone, and the keys are left)")
        }
        try demandKnownKeys(in: text, of: folder.configuration)
        let file: FileProvider<YAMLSnapshot>
        do {
            let location = InMemoryProvider(values: [
                "filePath": ConfigValue(.string(folder.configuration), isSecret: false)
            ])
            file = try await FileProvider<YAMLSnapshot>(config: ConfigReader(provider: location))
        } catch {
            throw NodeError(
                .configurationInvalid, "\(folder.configuration) is not valid YAML; mend it", cause: "\(error)")
        }
        let given = InMemoryProvider(
            name: "flags",
            values: Dictionary(
                uniqueKeysWithValues: flags.map { name, value in
                    (
                        AbsoluteConfigKey(name.split(separator: ".").map(String.init)),
                        ConfigValue(.string(value), isSecret: false)
                    )
                }))
        let reader = ConfigReader(providers: [
            given, EnvironmentVariablesProvider().prefixKeys(with: "exchange.node"), file,
        ])
        return try Self(reader, folder: folder)
    }

    private static let keys = Set(
        [
            "organisation.oin", "listen.host", "listen.port", "local.socket", "local.group", "log.level",
            "agency.host", "agency.port", "agency.certificate", "agency.key", "agency.clients",
            "hooks.inbox", "hooks.deliveries", "hooks.escalations", "hooks.secret", "hooks.authorities", "folder.path",
            "limits.queueMaximumItemsPerPartner", "limits.queueReservePercent",
            "limits.inboundMaximumItemsPerPartnerPerHour", "limits.refusalsMaximumPerPartnerPerHour",
            "limits.recoveryMaximumUnprovenNumbersPerPartner", "limits.caseAnswersMaximumPerPartnerPerHour",
            "limits.predecessorWaitSeconds", "limits.unreachableAlarmAfterSeconds", "limits.peerMaximumConnections",
            "limits.peerMaximumConnectionsPerPartner", "limits.peerHandshakeSeconds", "limits.peerIdleSeconds",
            "limits.requestBodySeconds", "limits.escalationRunSeconds",
            "retention.signalDays", "retention.placementDays", "retention.departureDays", "retention.conferenceDays",
            "retention.nodeDays", "trial.clockAhead",
        ] + EscalationConfiguration.keys + EscalationOutletConfiguration.keys)

    /// A misspelt key would leave its default in force, and nobody would know.
    private static func demandKnownKeys(in text: String, of path: String) throws(NodeError) {
        var sections: [(indent: Int, name: String)] = []
        for line in text.split(separator: "\n") {
            guard let found = line.prefixMatch(of: /( *)([A-Za-z]+) *:/) else { continue }
            sections.removeAll { $0.indent >= found.1.count }
            sections.append((found.1.count, String(found.2)))
            let name = sections.map(\.name).joined(separator: ".")
            guard !keys.contains(name), !keys.contains(where: { $0.hasPrefix(name + ".") }) else { continue }
            guard sections.count > 1 else {
                throw NodeError(.configurationInvalid, "\(path) has no section `\(name)`; correct or remove it")
            }
            throw NodeError(
                .configurationInvalid,
                "`\(name)` in \(path) is no key of a node's; correct it or take it out: docs/operations.md "
                    + "lists them")
        }
    }

    private init(_ reader: ConfigReader, folder: NodeFolder) throws(NodeError) {
        func invalid(_ key: String, _ demand: String) -> NodeError {
            NodeError(.configurationInvalid, "`\(key)` in \(folder.configuration) (or its flag or variable) \(demand)")
        }
        guard let oin = OIN(reader.string(forKey: "organisation.oin", default: "")) else {
            throw invalid("organisation.oin", "must be the organisation's OIN, 20 positions")
        }
        self.oin = oin
        host = reader.string(forKey: "listen.host", default: "127.0.0.1")
        port = try Self.integer(reader, "listen.port", default: 8443, in: 1...65_535, invalid)
        let socket = reader.string(forKey: "local.socket", default: "node.sock")
        socketPath = socket.hasPrefix("/") ? socket : folder.file(socket)
        guard socketPath.utf8.count <= Self.socketPathMaximumBytes else {
            throw NodeError(
                .socketPathTooLong,
                "\(socketPath) has \(socketPath.utf8.count) bytes and a socket's path at most "
                    + "\(Self.socketPathMaximumBytes); set `local.socket` to a shorter path")
        }
        socketGroup = try Self.group(reader, socketPath, folder, invalid)
        agency = try Self.agency(reader, folder, invalid)
        hooks = try Self.hooks(reader, folder, invalid)
        watchedFolder = reader.string(forKey: "folder.path").map { $0.hasPrefix("/") ? $0 : folder.file($0) }
        guard let level = Logger.Level(rawValue: reader.string(forKey: "log.level", default: "info")) else {
            throw invalid(
                "log.level", "must be one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        logLevel = level
        var limits = NodeLimits()
        limits.queueMaximumItemsPerPartner = try Self.integer(
            reader, "limits.queueMaximumItemsPerPartner", default: limits.queueMaximumItemsPerPartner,
            in: 1...100_000_000, invalid)
        limits.queueReservePercent = try Self.integer(
            reader, "limits.queueReservePercent", default: limits.queueReservePercent, in: 0...90, invalid)
        limits.inboundMaximumItemsPerPartnerPerHour = try Self.integer(
            reader, "limits.inboundMaximumItemsPerPartnerPerHour",
            default: limits.inboundMaximumItemsPerPartnerPerHour, in: 1...1_000_000_000, invalid)
        limits.refusalsMaximumPerPartnerPerHour = try Self.integer(
            reader, "limits.refusalsMaximumPerPartnerPerHour", default: limits.refusalsMaximumPerPartnerPerHour,
            in: 1...1_000_000_000, invalid)
        limits.caseAnswersMaximumPerPartnerPerHour = try Self.integer(
            reader, "limits.caseAnswersMaximumPerPartnerPerHour",
            default: limits.caseAnswersMaximumPerPartnerPerHour, in: 1...1_000_000, invalid)
        limits.recoveryMaximumUnprovenNumbersPerPartner = try Self.integer(
            reader, "limits.recoveryMaximumUnprovenNumbersPerPartner",
            default: limits.recoveryMaximumUnprovenNumbersPerPartner, in: 0...1_000_000_000, invalid)
        limits.predecessorWait = try Self.seconds(
            reader, "limits.predecessorWaitSeconds", default: limits.predecessorWait, in: 0...3600, invalid)
        limits.unreachableAlarmAfter = try Self.seconds(
            reader, "limits.unreachableAlarmAfterSeconds", default: limits.unreachableAlarmAfter, in: 1...86_400,
            invalid)
        limits.escalationRunMaximum = try Self.seconds(
            reader, "limits.escalationRunSeconds", default: limits.escalationRunMaximum, in: 1...600, invalid)
        limits.peerMaximumConnections = try Self.integer(
            reader, "limits.peerMaximumConnections", default: limits.peerMaximumConnections, in: 1...65_536, invalid)
        limits.peerMaximumConnectionsPerPartner = try Self.integer(
            reader, "limits.peerMaximumConnectionsPerPartner", default: limits.peerMaximumConnectionsPerPartner,
            in: 1...65_536, invalid)
        limits.peerHandshakeMaximum = try Self.seconds(
            reader, "limits.peerHandshakeSeconds", default: limits.peerHandshakeMaximum, in: 1...600, invalid)
        // Both together are no longer than that: a tally that is under way for longer would prove what is not so.
        let longestBody = 60
        let longestIdle = ProtocolLimits.overtakenMaximum.wholeSeconds - longestBody
        limits.peerIdleMaximum = try Self.seconds(
            reader, "limits.peerIdleSeconds", default: limits.peerIdleMaximum, in: 1...longestIdle, invalid)
        limits.requestBodyMaximum = try Self.seconds(
            reader, "limits.requestBodySeconds", default: limits.requestBodyMaximum, in: 1...longestBody, invalid)
        self.limits = limits
        var periods = RetentionPeriods()
        periods.signal = try Self.days(reader, "retention.signalDays", default: periods.signal, invalid)
        periods.placement = try Self.days(reader, "retention.placementDays", default: periods.placement, invalid)
        periods.departure = try Self.days(reader, "retention.departureDays", default: periods.departure, invalid)
        periods.conference = try Self.days(reader, "retention.conferenceDays", default: periods.conference, invalid)
        periods.node = try Self.days(reader, "retention.nodeDays", default: periods.node, invalid)
        retention = periods
        escalation = try EscalationConfiguration.read(reader, invalid)
        escalationOutlets = try EscalationOutletConfiguration.read(reader, invalid)
        trialClock = try Self.trialClock(reader, of: oin, invalid)
    }

    private static func trialClock(
        _ reader: ConfigReader, of oin: OIN, _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> TrialClock? {
        guard let text = reader.string(forKey: "trial.clockAhead") else { return nil }
        guard let clock = TrialClock(text) else {
            throw invalid(
                "trial.clockAhead",
                "must be a span such as 90m, 4h or 21d, of at most \(TrialClock.aheadMaximum.wholeDays)d")
        }
        try clock.demandTest(of: oin)
        return clock
    }

    private static func group(
        _ reader: ConfigReader, _ socketPath: String, _ folder: NodeFolder, _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> String? {
        guard let group = reader.string(forKey: "local.group") else { return nil }
        // The folder is the node's own user's alone, and stays so.
        guard !socketPath.hasPrefix(folder.path + "/") else {
            throw invalid(
                "local.socket",
                "lies in the node's folder, which no group may enter; set it to a path outside, such as "
                    + "/run/exchange-node/node.sock, or take `local.group` out")
        }
        return group
    }

    private static func agency(
        _ reader: ConfigReader, _ folder: NodeFolder, _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> AgencyListening? {
        let host = reader.string(forKey: "agency.host")
        let files = [
            ("certificate", reader.string(forKey: "agency.certificate")), ("key", reader.string(forKey: "agency.key")),
            ("clients", reader.string(forKey: "agency.clients")),
        ]
        let port = try integer(reader, "agency.port", default: 0, in: 0...65_535, invalid)
        guard host != nil || port != 0 || files.contains(where: { $0.1 != nil }) else { return nil }
        var paths: [String] = []
        for (name, text) in files {
            guard let text, !text.isEmpty else {
                throw invalid(
                    "agency.\(name)",
                    "names no file; the API for other machines needs a port, certificate, key and clients")
            }
            paths.append(text.hasPrefix("/") ? text : folder.file(text))
        }
        guard port != 0 else { throw invalid("agency.port", "must be a number from 1 to 65535") }
        return AgencyListening(
            host: host ?? "127.0.0.1", port: port, certificate: paths[0], key: paths[1], clients: paths[2])
    }

    private static func hooks(
        _ reader: ConfigReader, _ folder: NodeFolder, _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> HookSettings? {
        let urls = [
            ("inbox", reader.string(forKey: "hooks.inbox")),
            ("deliveries", reader.string(forKey: "hooks.deliveries")),
            ("escalations", reader.string(forKey: "hooks.escalations")),
        ]
        guard urls.contains(where: { $0.1 != nil }) else { return nil }
        for (name, text) in urls {
            guard let text else { continue }
            // What a call says is for the agency's system alone; on this machine nobody listens in between.
            let url = URLComponents(string: text)
            let isHere = url?.scheme == "http" && ["127.0.0.1", "[::1]", "::1"].contains(url?.host)
            guard let url, url.host?.isEmpty == false, url.user == nil, url.password == nil,
                url.scheme == "https" || isHere
            else {
                throw invalid(
                    "hooks.\(name)", "must be an address with https://, or with http://127.0.0.1: for this machine")
            }
        }
        guard let secret = reader.string(forKey: "hooks.secret") else {
            throw invalid("hooks.secret", "names no file; a hook is signed with a secret that both sides have")
        }
        func path(_ text: String) -> String { text.hasPrefix("/") ? text : folder.file(text) }
        return HookSettings(
            inboxURL: urls[0].1, deliveriesURL: urls[1].1, escalationsURL: urls[2].1, secretFile: path(secret),
            authoritiesFile: reader.string(forKey: "hooks.authorities").map(path))
    }

    private static func seconds(
        _ reader: ConfigReader, _ key: String, default fallback: Milliseconds, in range: ClosedRange<Int>,
        _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> Milliseconds {
        .seconds(Int64(try integer(reader, key, default: fallback.wholeSeconds, in: range, invalid)))
    }

    private static func days(
        _ reader: ConfigReader, _ key: String, default fallback: Milliseconds,
        _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> Milliseconds {
        .hours(
            24 * Int64(try integer(reader, key, default: fallback.wholeDays, in: 1...36_500, invalid)))
    }

    private static func integer(
        _ reader: ConfigReader, _ key: String, default fallback: Int, in range: ClosedRange<Int>,
        _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> Int {
        // Flags and environment give text, the file a number: both are read as what they say.
        let demand = "must be a number from \(range.lowerBound) to \(range.upperBound)"
        let text = reader.string(forKey: ConfigKey(key))
        guard let number = reader.int(forKey: ConfigKey(key)) ?? (text == nil ? fallback : text.flatMap { Int($0) })
        else { throw invalid(key, demand) }
        guard range.contains(number) else { throw invalid(key, "\(demand), and is \(number)") }
        return number
    }
}

extension Milliseconds {
    /// For the configuration, which has spans in seconds.
    var wholeSeconds: Int { Int(count / 1000) }
    /// For retention, which has them in days.
    var wholeDays: Int { wholeSeconds / 86_400 }
}
