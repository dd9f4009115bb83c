import ExchangeCMS
package import ExchangeCore
import Foundation

/// Looks at all that can keep signals from getting through: at the machine, at the node's folder, at the running node,
/// and at the way to each partner. It changes nothing but for the probes, which are messages like others.
package struct NodeCheck: Sendable {
    private let folder: NodeFolder
    private let configuration: NodeConfiguration
    private let client: LocalClient

    package init(_ folder: NodeFolder, _ configuration: NodeConfiguration) {
        self.folder = folder
        self.configuration = configuration
        client = LocalClient(socketPath: configuration.socketPath)
    }

    /// - Parameters:
    ///   - probeSeconds: how long each partner has for its receipt; `nil` for no probes.
    ///   - moment: by which certificates and lists are judged; now by the node's clock where it is `nil`.
    ///   - tell: is given each finding as it comes.
    package func run(probeSeconds: Int64?, at moment: Timestamp? = nil, tell: (Finding) -> Void) async {
        let now = moment ?? configuration.now
        let node = await RunningNodeCheck(client: client).look()
        if let fence = node.fence { tell(fence) }
        for finding in MachineCheck(folder: folder).findings() { tell(finding) }
        if let trial = configuration.trialClock { tell(Finding("trial clock", .warning, trial.warning)) }
        for finding in node.findings { tell(finding) }
        for finding in await StoreCheck(folder: folder, node: node).findings() { tell(finding) }
        for finding in KeyCheck(folder: folder, oin: configuration.oin).findings() { tell(finding) }
        let community = CommunityCheck(folder: folder, configuration: configuration, inUse: node.directoryVersion)
        let (findings, directory) = community.findings(at: now)
        for finding in findings { tell(finding) }
        let ladder = LadderCheck(configuration: configuration, directory: directory, followers: node.followers)
        for finding in ladder.findings() { tell(finding) }
        guard let probeSeconds, let own = directory?.member(configuration.oin), let directory else { return }
        guard node.isRunning else {
            tell(Finding("probe", .warning, "no probe was sent, for the node does not run"))
            return
        }
        let probes = ProbeCheck(
            client: client, own: own, directory: directory, waitSeconds: probeSeconds,
            clock: configuration.clock)
        for finding in await probes.findings() { tell(finding) }
    }
}
