import ExchangeCMS
package import ExchangeCore
import Foundation

/// Makes a node's folder: keys, certificate requests, a commented configuration, and a place for everything else.
package struct FolderMaker: Sendable {
    package struct Plan: Sendable {
        package var oin: OIN
        package var name: String
        package var host: String
        package var port: Int
        package var usesRSA: Bool
        /// Keys that are there already; `nil` where they are to be made.
        package var issued: IssuedKeys?

        /// - Throws: ``NodeError`` `configuration-invalid` for a text that is no OIN, or a port outside 1 to 65535.
        package init(oin: String, name: String, host: String, port: Int, usesRSA: Bool) throws(NodeError) {
            guard let oin = OIN(oin) else {
                throw NodeError(.configurationInvalid, "an OIN has 20 positions: eight digits, then digits or capitals")
            }
            guard (1...65_535).contains(port) else {
                throw NodeError(.configurationInvalid, "a port is a number from 1 to 65535")
            }
            guard (1...64).contains(name.count) else {
                throw NodeError(
                    .configurationInvalid,
                    "an organisation's name has 1 to 64 characters in a certificate; shorten --name")
            }
            self.oin = oin
            self.name = name
            self.host = host
            self.port = port
            self.usesRSA = usesRSA
        }
    }

    private let folder: NodeFolder
    private let plan: Plan

    package init(folder: NodeFolder, plan: Plan) {
        self.folder = folder
        self.plan = plan
    }

    /// - Throws: ``NodeError`` `folder-not-empty` where anything lies there already: keys are never overwritten.
    package func make() async throws(NodeError) {
        let files = FileManager.default
        if let found = try? files.contentsOfDirectory(atPath: folder.path), !found.isEmpty {
            throw NodeError(
                .folderNotEmpty,
                "\(folder.path) is not empty; name a new folder, so that no key is overwritten. Where its disk is gone and "
                    + "the keys are left: docs/trouble.md (the disk is gone, and the keys are left)")
        }
        for place in ["keys/retired", "certificates", "trust", "crl", "store"] {
            do {
                try files.createDirectory(
                    atPath: folder.file(place), withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            } catch {
                throw NodeError(
                    .fileUnreadable,
                    "\(folder.file(place)) cannot be made; name a folder in a place where this user may write",
                    cause: "\(error)")
            }
        }
        for use in NodeFolder.KeyUse.allCases { try makeKey(for: use) }
        try NodeFolder.write(randomBytes(count: ArchiveKey.byteCount), to: folder.archiveKey, isSecret: true)
        try NodeFolder.write(Array(configurationText.utf8), to: folder.configuration)
        try await NewStore(folder).make()
    }

    private func makeKey(for use: NodeFolder.KeyUse) throws(NodeError) {
        if let pair = plan.issued?.pairs[use] {
            try NodeFolder.write(pair.key, to: folder.key(use), isSecret: true)
            return try NodeFolder.write(Array(pair.certificate.pem.utf8), to: folder.certificate(use))
        }
        do {
            let algorithm: KeyGeneration.Algorithm = plan.usesRSA ? .rsa3072 : .p256
            let key = try KeyGeneration.privateKeyPEM(algorithm)
            let request = try KeyGeneration.certificateRequestPEM(
                privateKeyPEM: key, organisation: plan.name, oin: plan.oin, commonName: "\(plan.oin) \(use.rawValue)",
                use: use.keyGenerationUse(for: plan.oin))
            try NodeFolder.write(Array(key.utf8), to: folder.key(use), isSecret: true)
            try NodeFolder.write(Array(request.utf8), to: folder.certificateRequest(use))
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(.internalFault, "the \(use.rawValue) key could not be made", cause: "\(error)")
        }
    }

    private var configurationText: String {
        let (limits, periods) = (NodeLimits(), RetentionPeriods())
        return """
            # Configuration of an exchange node. Flags go before environment variables (EXCHANGE_NODE_LISTEN_PORT),
            # variables before this file.
            organisation:
              # The organisation's OIN: the one in its certificates.
              oin: "\(plan.oin)"
            listen:
              # Where partners' nodes call, over mutual TLS 1.3. The directory names the same address.
              host: \(plan.host)
              port: \(plan.port)
            local:
              # The socket for this organisation's own commands and systems; relative to this folder.
              socket: node.sock
              # A group of this machine whose members may use the API too (docs/agency-api.md). The socket must then lie
              # outside of this folder.
              # group: case-system
            # The API for other machines, over TLS. It is off until this is set: the listener's own certificate and key, and
            # the certificates of the systems that may call.
            # agency:
            #   host: 0.0.0.0
            #   port: 8444
            #   certificate: agency/server.crt
            #   key: agency/server.key
            #   clients: agency/clients.pem
            # Addresses of the agency's that the node calls for each received message, for each change of a delivery, and for
            # each step of the ladder and its end. The calls are signed with the secret, and carry no content.
            # hooks:
            #   inbox: https://case-system.example/hooks/inbox
            #   deliveries: https://case-system.example/hooks/deliveries
            #   escalations: https://case-system.example/hooks/escalations
            #   secret: keys/hook.secret
            #   authorities: agency/authorities.pem
            # A folder for systems that can do no more than read and write files.
            # folder:
            #   path: /srv/exchange-folder
            log:
              # trace, debug, info, notice, warning, error or critical
              level: info
            limits:
              # Deliveries that may wait for one partner; beyond it a submission is told so at once.
              queueMaximumItemsPerPartner: \(limits.queueMaximumItemsPerPartner)
              # The share of the queue, in percent, that only stat messages and acknowledgements may fill.
              queueReservePercent: \(limits.queueReservePercent)
              # What is kept of one partner within an hour, messages and refused or declared numbers together; beyond it the
              # partner is told to wait. stat messages and acknowledgements have queueReservePercent more.
              inboundMaximumItemsPerPartnerPerHour: \(limits.inboundMaximumItemsPerPartnerPerHour)
              # Refusals that are signed for one partner within an hour.
              refusalsMaximumPerPartnerPerHour: \(limits.refusalsMaximumPerPartnerPerHour)
              # After a loss: numbers for which a partner gives nothing but its word, since ever. Beyond it people must look.
              recoveryMaximumUnprovenNumbersPerPartner: \(limits.recoveryMaximumUnprovenNumbersPerPartner)
              # Queries of a case (NOD-07) that are answered to one partner within an hour; what is over is answered later.
              caseAnswersMaximumPerPartnerPerHour: \(limits.caseAnswersMaximumPerPartnerPerHour)
              # How long a message waits for the one that its sender sent before it. stat never waits.
              predecessorWaitSeconds: \(limits.predecessorWait.wholeSeconds)
              # After how long a partner that cannot be reached raises an alarm.
              unreachableAlarmAfterSeconds: \(limits.unreachableAlarmAfter.wholeSeconds)
              # Connections from partners' nodes at once; more wait until one ends.
              peerMaximumConnections: \(limits.peerMaximumConnections)
              # Connections from one partner's node at once; one more is closed.
              peerMaximumConnectionsPerPartner: \(limits.peerMaximumConnectionsPerPartner)
              # How long the TLS handshake of a connection may take.
              peerHandshakeSeconds: \(limits.peerHandshakeMaximum.wholeSeconds)
              # After how long a connection from a partner on which nothing comes is closed.
              peerIdleSeconds: \(limits.peerIdleMaximum.wholeSeconds)
              # How long the body of a request over TLS may take to come, and what is answered to be taken.
              requestBodySeconds: \(limits.requestBodyMaximum.wholeSeconds)
              # How long the command of the ladder, or the program that takes its mail, may run for one entry.
              escalationRunSeconds: \(limits.escalationRunMaximum.wholeSeconds)
            # For trials with test organisations only: how far this node's clock is ahead of the machine's.
            # trial:
            #   clockAhead: 21d
            # When an acknowledgement is late and who is told then stands under `clocks`, `calendar` and `roster`; left out, the
            # defaults of docs/obligations.md hold.
            # What the node runs when somebody is told that something is late, and when that is over (docs/obligations.md).
            # escalation:
            #   command: /usr/local/sbin/call-duty-desk
            #   arguments: --queue night
            #   steps: deputy, management
            #   mail:
            #     sendmail: /usr/sbin/sendmail
            #     from: exchange-node@agency.example
            #     to: duty-desk@agency.example
            # How many days the content of a message is kept after it was closed, by what it is about. Ids, digests, receipts
            # and the audit log stay. Nothing that is open goes, nor what a disk could still lose (docs/operations.md).
            retention:
              # Signals and chain notices (SIG).
              signalDays: \(periods.signal.wholeDays)
              # Placements (PLC).
              placementDays: \(periods.placement.wholeDays)
              # Departures (DEP).
              departureDays: \(periods.departure.wholeDays)
              # Conferences (COB).
              conferenceDays: \(periods.conference.wholeDays)
              # Acknowledgements, and probes (NOD).
              nodeDays: \(periods.node.wholeDays)

            """
    }
}

extension NodeFolder.KeyUse {
    fileprivate func keyGenerationUse(for oin: OIN) -> KeyGeneration.Use {
        switch self {
        case .signing: .signing
        case .agreement: .keyAgreement
        case .tls: .tls(dnsName: oin.tlsName)
        }
    }
}
