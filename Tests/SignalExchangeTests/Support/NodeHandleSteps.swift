import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension NodeHandle {
    var oin: OIN { member.oin }

    /// Sets a value of `node.yaml`; takes effect at the next start.
    func configure(_ name: String, _ value: some CustomStringConvertible) throws {
        let text = try folder.readText(folder.configuration)
        let pattern = try Regex("(?m)^( *\(name): ).*$")
        try #require(text.contains(pattern), "node.yaml has no line for \(name)")
        let changed = text.replacing(pattern) { match in "\(match.output[1].substring ?? "")\(value)" }
        try NodeFolder.write(Array(changed.utf8), to: folder.configuration)
    }

    /// Adds sections to `node.yaml`; they take effect at the next start.
    func append(_ sections: String) throws {
        let text = try folder.readText(folder.configuration)
        try NodeFolder.write(Array((text + sections).utf8), to: folder.configuration)
    }

    /// What the node keeps, by the length of its audit chain: every change writes a leaf.
    func auditLeaves() async throws -> Int64 { try #require(await api.intactAuditLeaves()) }

    /// Returns when the node's log says it.
    func waitForLog(_ text: String, within span: Milliseconds = .seconds(10)) async throws {
        let log = process.log
        _ = try await ExchangeTesting.within(span, "the log of \(member.slug) to say: \(text)") {
            try await poll { try String(contentsOf: log, encoding: .utf8).contains(text) ? true : nil }
        }
    }

    /// Returns when the node shows an open alarm of the code.
    @discardableResult
    func waitForAlarm(
        _ code: AlarmCode, about partner: OIN, within span: Milliseconds = .seconds(20)
    ) async throws -> AlarmRow {
        let api = api
        return try await ExchangeTesting.within(span, "the alarm \(code.rawValue) about \(partner)") {
            try await poll { try await api.alarms().first { $0.code == code.rawValue && $0.partner == partner } }
        }
    }

    /// Returns when the node shows no such alarm any more.
    func waitForNoAlarm(_ code: AlarmCode, about partner: OIN, within span: Milliseconds = .seconds(20)) async throws {
        let api = api
        _ = try await ExchangeTesting.within(span, "no alarm \(code.rawValue) about \(partner)") {
            try await poll {
                try await api.alarms().contains { $0.code == code.rawValue && $0.partner == partner } ? nil : true
            }
        }
    }

    /// Returns when the node shows an open alarm about itself that says it.
    @discardableResult
    func waitForOwnAlarm(
        _ code: AlarmCode, saying words: String, within span: Milliseconds = .seconds(20)
    ) async throws -> AlarmRow {
        let api = api
        return try await ExchangeTesting.within(span, "the alarm \(code.rawValue): \(words)") {
            try await poll {
                try await api.alarms().first {
                    $0.code == code.rawValue && $0.partner == nil && $0.detail.contains(words)
                }
            }
        }
    }

    /// Returns when the node shows no such alarm about itself any more.
    func waitForNoOwnAlarm(_ code: AlarmCode, within span: Milliseconds = .seconds(20)) async throws {
        let api = api
        _ = try await ExchangeTesting.within(span, "no alarm \(code.rawValue)") {
            try await poll { try await api.alarms().contains { $0.code == code.rawValue } ? nil : true }
        }
    }

    /// Returns when the one delivery of a message satisfies the condition.
    @discardableResult
    func waitForDelivery(
        of id: MessageID, _ what: String, within span: Milliseconds = .seconds(30),
        _ condition: @escaping @Sendable (DeliveryRow) -> Bool
    ) async throws -> DeliveryRow {
        let api = api
        return try await ExchangeTesting.within(span, "the delivery of \(id) to be \(what)") {
            try await poll { try await api.deliveries(of: id).first(where: condition) }
        }
    }

    /// Takes the node's store away and begins a new one, as an operator does whose disk is lost. The node must not run.
    func loseStore() async throws {
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.file("store")) {
            try FileManager.default.removeItem(atPath: folder.file("store/\(file)"))
        }
        let made = try await command("new-store", "--confirm", oin.text)
        try #require(made.exitStatus == 0, "\(made.said)")
    }

    /// Puts revocation lists into the node's folder, as a job that fetches them would.
    func install(rootList: URL, issuingList: URL) throws {
        try NodeFolder.write(Array(Data(contentsOf: rootList)), to: folder.revocationLists + "/root.crl")
        try NodeFolder.write(Array(Data(contentsOf: issuingList)), to: folder.revocationLists + "/issuing.crl")
    }

    func installLists(of pki: ExamplePKI) throws {
        try install(rootList: pki.rootRevocationList, issuingList: pki.issuingRevocationList)
    }

    /// A command of `exchange-node` on this node's folder. One that runs on, such as a `run` that should have been
    /// refused, is ended after half a minute with status 124.
    func command(_ arguments: String..., environment: [String] = []) async throws -> Command {
        // In the foreground it ends the command alone, and not the group of processes that the tests are in.
        let limit = ["--foreground", "30", "env"]
        return try await Command.run(
            "timeout",
            limit + environment + [NodeProcess.builtExecutable.path] + arguments + ["--folder", folder.path])
    }
}

extension Command {
    var exitStatus: Int32? { if case .exited(let status) = end { status } else { nil } }
}

extension ExampleCommunity {
    /// A second directory, changed from the one that lies in a node's folder, and signed by the community's signer.
    ///
    /// - Parameter dropped: a member that it does not have.
    func signedDirectory(
        version: Int64, without dropped: OIN? = nil, agreeing agreements: Agreements = Agreements(),
        _ change: (Member) throws -> Member = { $0 }
    ) throws -> [UInt8] {
        let holder = try CommunityHolder(folder: nodes[0].folder, known: nil, now: NodeClock().now)
        let members = holder.current(NodeClock().now).directory.members
        let now = Timestamp.current
        let directory = Directory(
            version: version, issued: now, members: try members.filter { $0.oin != dropped }.map(change),
            agreements: agreements)
        let signer = try DirectorySigner(
            certificate: Certificate(pem: String(contentsOf: pki.directorySigner.certificate, encoding: .utf8)),
            privateKeyPEM: String(contentsOf: pki.directorySigner.key, encoding: .utf8))
        return try SignedStatement.sign(DirectoryDocument.encode(directory), directoryBy: signer, at: now)
    }

    /// Gives a node a new signing key and certificate, and the folders of `readers` the second directory, which has that
    /// certificate in the place of the old one. No running node is told.
    func renewSigningKey(of node: NodeHandle, readBy readers: [NodeHandle]) throws {
        let folder = node.folder
        let slug = "renewed-\(node.member.slug)"
        try pki.addOrganisation(slug: slug, oin: node.oin, name: node.member.name)
        let fresh = pki.credential(of: slug, for: .signing)
        try NodeFolder.write(Array(try Data(contentsOf: fresh.key)), to: folder.key(.signing), isSecret: true)
        try NodeFolder.write(Array(try Data(contentsOf: fresh.certificate)), to: folder.certificate(.signing))
        let certificate = try Certificate(pem: folder.readText(folder.certificate(.signing)))
        let directory = try signedDirectory(version: 2) { member in
            guard member.oin == node.oin else { return member }
            return Member(
                oin: member.oin, name: member.name, roles: member.roles, endpoint: member.endpoint,
                certificates: MemberCertificates(
                    signing: [certificate], agreement: member.certificates.agreement, tls: member.certificates.tls),
                dutyContact: member.dutyContact)
        }
        for reader in readers { try NodeFolder.write(directory, to: reader.folder.directory) }
    }

    /// Verifies a signed statement of a member with the `openssl` command, and returns its payload.
    func payload(of signed: [UInt8], signedBy node: NodeHandle) async throws -> [UInt8] {
        let name = folder.appending(path: "statement-\(UInt32.random(in: .min ... .max))")
        let (source, target) = (name.appendingPathExtension("der"), name.appendingPathExtension("payload"))
        try Data(signed).write(to: source)
        let command = try await Command.run(
            "openssl",
            [
                "cms", "-verify", "-binary", "-inform", "DER", "-in", source.path, "-CAfile", pki.chain.path,
                "-certfile", node.folder.certificate(.signing), "-out", target.path,
            ])
        try #require(command.succeeded, "\(command.said)")
        return Array(try Data(contentsOf: target))
    }
}
