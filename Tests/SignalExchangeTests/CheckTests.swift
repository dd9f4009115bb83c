import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@testable import SignalExchange

/// Each thing that `check` looks at, from the folder of a node that does not run.
@Suite struct CheckTests {
    private func findings(_ organisation: PairingOrganisation, at now: Timestamp = .current) async throws -> [Finding] {
        var findings: [Finding] = []
        await NodeCheck(organisation.folder, try await NodeConfiguration.load(from: organisation.folder))
            .run(probeSeconds: 1, at: now) { findings.append($0) }
        return findings
    }

    /// Two that are paired, with a directory in Nidos' folder and a confirmed copy of its keys.
    private func paired(_ body: (Pair) async throws -> Void) async throws {
        try await Pair.make { pair in
            _ = try await pair.nidos.card()
            try pair.nidos.take(try await pair.avim.card())
            let signed = try await pair.nidos.command("directory", "sign", "--install")
            try #require(signed.exitStatus == 0, "\(signed.said)")
            let copy = pair.place.appending(path: "copy").path
            try FileManager.default.copyItem(atPath: pair.nidos.folder.keys, toPath: copy)
            _ = try KeyBackup(of: pair.nidos.folder).confirm(copyAt: copy)
            try await body(pair)
        }
    }

    /// Expects that one item is found with a grade and words, and nothing else is wrong but that no node runs here.
    private func expect(
        _ item: String, _ grade: Finding.Grade, saying words: String, in findings: [Finding],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let found = findings.first { $0.item == item && $0.grade == grade && $0.text.contains(words) }
        #expect(found != nil, "\(findings.filter { $0.item == item })", sourceLocation: sourceLocation)
        let others = findings.filter { $0.grade == .wrong && $0.item != item && $0.item != "node" }
        #expect(others == [], sourceLocation: sourceLocation)
    }

    @Test func `a folder that is in order has nothing wrong, and each thing is looked at`() async throws {
        try await paired { pair in
            let findings = try await findings(pair.nidos)
            #expect(findings.filter { $0.grade == .wrong }.map(\.item) == ["node"])
            #expect(
                Set(findings.map(\.item)) == [
                    "clock", "libssl", "disk", "node", "store", "keys", "key backup", "certificate signing",
                    "certificate agreement", "certificate tls", "certificate directory", "CRL", "directory", "roster",
                    "escalation", "probe",
                ])
            // Root and issuing authority of both organisations.
            #expect(findings.count { $0.item == "CRL" } == 4)
            expect("node", .wrong, saying: "exchange-node run", in: findings)
            let command = try await pair.nidos.command("check", "--json")
            #expect(command.exitStatus == 2, "\(command.said)")
            let words = try await pair.nidos.command("check")
            #expect(words.exitStatus == 2 && words.said.contains("WRONG"), "\(words.said)")
        }
    }

    @Test func `a look at the store begins no incarnation, and names what keeps it from being opened`() async throws {
        try await paired { pair in
            let folder = pair.nidos.folder
            let before = try Data(contentsOf: URL(filePath: folder.store))
            expect("store", .ok, saying: "can be opened", in: try await findings(pair.nidos))
            #expect(try Data(contentsOf: URL(filePath: folder.store)) == before)

            let archive = try folder.read(folder.archiveKey)
            let lock = try #require(try? SQLiteLock(folder.store))
            expect("store", .wrong, saying: "by process", in: try await findings(pair.nidos))
            lock.release()
            try NodeFolder.write(Array(before.prefix(before.count / 2)), to: folder.store)
            let damaged = try await findings(pair.nidos)
            #expect(damaged.contains { $0.item == "store" && $0.grade == .wrong }, "\(damaged)")
            try FileManager.default.removeItem(atPath: folder.store)
            expect("store", .wrong, saying: "is the disk mounted?", in: try await findings(pair.nidos))
            #expect(try folder.read(folder.archiveKey) == archive)
        }
    }

    @Test func `a copy of the keys that is not confirmed is a warning, and a key that others may read is wrong`()
        async throws
    {
        try await paired { pair in
            try FileManager.default.removeItem(atPath: pair.nidos.folder.keyBackupMark)
            expect("key backup", .warning, saying: "confirm-backup", in: try await findings(pair.nidos))
            chmod(pair.nidos.folder.key(.signing), 0o644)
            expect("keys", .wrong, saying: "chmod 600", in: try await findings(pair.nidos))
        }
    }

    @Test func `days left are told, a month before the end as a warning, and a certificate that ended as wrong`()
        async throws
    {
        try await paired { pair in
            let certificate = try Certificate(pem: pair.nidos.folder.readText(pair.nidos.folder.certificate(.tls)))
            let now = Timestamp.current
            let left = (certificate.notAfter - now).count / Milliseconds.hours(24).count
            expect("certificate tls", .ok, saying: "\(left) days left", in: try await findings(pair.nidos))
            let community = CommunityCheck(
                folder: pair.nidos.folder, configuration: try await NodeConfiguration.load(from: pair.nidos.folder),
                inUse: nil)
            // Lists are stale by then; what is asked is what is said of the certificate.
            let later = community.findings(at: certificate.notAfter + .hours(1)).findings
            #expect(
                later.contains { $0.item == "certificate tls" && $0.grade == .wrong && $0.text.contains("expired") })
            try pair.nidos.certify(.tls, flaw: .expired)
            let expired = try await findings(pair.nidos)
            #expect(
                expired.contains { $0.item == "certificate tls" && $0.grade == .wrong && $0.text.contains("expired") })
            #expect(expired.contains { $0.item == "directory" && $0.text.contains("export a new card") })
        }
    }

    @Test func `a list is told with its age, near its end as a warning, and stale or missing as wrong`() async throws {
        try await paired { pair in
            let lists = try AuthorityFiles(pair.nidos.folder).lists
            let authorities = try AuthorityFiles(pair.nidos.folder).intermediates
            let authority = try #require(authorities.first)
            let list = try #require(lists.first { $0.isSigned(by: authority) })
            func grade(_ list: RevocationList?, _ moment: Timestamp) -> Finding.Grade {
                CommunityCheck.describe(list, of: authority.subject, at: moment).grade
            }
            #expect(grade(list, list.thisUpdate + .hours(1)) == .ok)
            #expect(grade(list, list.nextUpdate + .hours(-24)) == .warning)
            #expect(grade(list, list.nextUpdate + .minutes(1)) == .wrong)
            #expect(grade(nil, list.thisUpdate) == .wrong)
            let missing = pair.nidos.folder.revocationLists + "/issuing.crl"
            try FileManager.default.removeItem(atPath: missing)
            let findings = try await findings(pair.nidos)
            #expect(findings.contains { $0.item == "CRL" && $0.grade == .wrong && $0.text.contains("fetch it") })
        }
    }

    @Test func `a directory that is missing, without us, or with a member that does not hold is wrong`() async throws {
        try await paired { pair in
            // AVIM is revoked, as its own list says.
            try pair.avim.pki.revoke(URL(filePath: pair.avim.folder.certificate(.tls)), reason: .superseded)
            try NodeFolder.write(
                Array(Data(contentsOf: pair.avim.pki.issuingRevocationList)),
                to: pair.nidos.folder.revocationLists + "/avim.crl")
            expect("directory", .wrong, saying: "was revoked", in: try await findings(pair.nidos))
            try FileManager.default.removeItem(atPath: pair.nidos.folder.directory)
            expect("directory", .wrong, saying: "pair with a partner first", in: try await findings(pair.nidos))
            let command = try await pair.nidos.command("check", "--no-probe")
            #expect(command.exitStatus == 2, "\(command.said)")
            #expect(command.said.contains("check-found-faults"), "\(command.said)")
        }
    }

    // MARK: Who would be told

    private func configure(_ organisation: PairingOrganisation, _ lines: String) throws {
        let path = organisation.folder.configuration
        try NodeFolder.write(Array((try organisation.folder.readText(path) + "\n\(lines)\n").utf8), to: path)
    }

    @Test func `a step of the ladder that has nobody in the roster is a warning that names the key`() async throws {
        try await paired { pair in
            let all = try await pair.nidos.command("check", "--no-probe")
            #expect(all.said.contains(/warning +roster +names nobody for `remind`, `deputy`,/), "\(all.said)")
            #expect(all.said.contains("set `roster.onDuty`, `roster.deputy`, `roster.management`"), "\(all.said)")
            try configure(
                pair.nidos,
                "roster:\n  onDuty: duty desk\n  deputy: \" \"\n  management: team\n  dutyOfficer: duty officer")
            let some = try await findings(pair.nidos)
            expect("roster", .warning, saying: "names nobody for `deputy`: such a step is an alarm", in: some)
            #expect(some.contains { $0.text.hasSuffix("set `roster.deputy`") })
            let text = try pair.nidos.folder.readText(pair.nidos.folder.configuration)
            try NodeFolder.write(
                Array(text.replacing(#"deputy: " ""#, with: "deputy: deputy desk").utf8),
                to: pair.nidos.folder.configuration)
            expect("roster", .ok, saying: "each step", in: try await findings(pair.nidos))
        }
    }

    @Test func `a node that calls and mails nobody itself is a warning, which says what a step would be`() async throws
    {
        try await paired { pair in
            let none = try await pair.nidos.command("check", "--no-probe")
            #expect(none.said.contains(/warning +escalation +this node itself calls and mails nobody/), "\(none.said)")
            #expect(none.said.contains("No address is called for it (`hooks.escalations`)"), "\(none.said)")
            #expect(none.said.contains("Set `escalation.command`, or `escalation.mail.from`"), "\(none.said)")
            // Whom a hook's system tells is not seen from here: it is said, and is no person.
            try configure(
                pair.nidos, "hooks:\n  escalations: https://case-system.example/late\n  secret: keys/hook.secret")
            let hook = try await findings(pair.nidos)
            expect("escalation", .warning, saying: "whom its system tells is not seen from here", in: hook)
            try configure(
                pair.nidos,
                """
                escalation:
                  command: /usr/bin/true
                  steps: deputy, management
                  mail:
                    sendmail: /usr/bin/true
                    from: node@agency.example
                    to: desk@agency.example, deputy@agency.example
                """)
            let set = try await findings(pair.nidos)
            let words = "`escalation.command` runs /usr/bin/true, for the steps deputy, management"
            expect("escalation", .ok, saying: words, in: set)
            expect("escalation", .ok, saying: "goes to desk@agency.example, deputy@agency.example", in: set)
            #expect(!set.contains { $0.item == "escalation" && $0.grade == .warning })
            // What is not there tells nobody.
            let text = try pair.nidos.folder.readText(pair.nidos.folder.configuration)
            try NodeFolder.write(
                Array(text.replacing("command: /usr/bin/true", with: "command: /usr/bin/not-there").utf8),
                to: pair.nidos.folder.configuration)
            expect("escalation", .wrong, saying: "/usr/bin/not-there is not there", in: try await findings(pair.nidos))
        }
    }

    @Test func `a member without a telephone number in the directory is a warning, as a partner and as ourselves`()
        async throws
    {
        try await paired { pair in
            let folder = pair.nidos.folder
            let known = try DirectoryFile.read(DirectoryFile.bytes(at: folder.directory), named: "directory")
            let signer = try DirectorySigner(
                certificate: Certificate(pem: folder.readText(folder.directoryCertificate)),
                privateKeyPEM: folder.readText(folder.directoryKey))
            let members = known.members.map { member in
                member.with(
                    dutyContact: member.oin == pair.avim.oin
                        ? DutyContact(name: "", phone: " ") : DutyContact(name: member.dutyContact.name, phone: ""))
            }
            let document = try DirectoryDocument.encode(
                Directory(version: known.version + 1, issued: .current, members: members))
            try NodeFolder.write(
                SignedStatement.sign(document, directoryBy: signer, at: .current), to: folder.directory)
            let findings = try await findings(pair.nidos)
            let partner = try #require(findings.first { $0.item == "duty contact" && $0.partner == pair.avim.oin })
            #expect(partner.grade == .warning)
            #expect(partner.text.contains("has no name and no telephone number of AVIM (test)'s"), "\(partner.text)")
            let own = try #require(findings.first { $0.item == "duty contact" && $0.partner == nil })
            #expect(own.grade == .warning)
            #expect(own.text.contains("has no telephone number of this organisation's"), "\(own.text)")
            let command = try await pair.nidos.command("check", "--no-probe")
            #expect(command.said.contains(/warning +duty contact +the directory/), "\(command.said)")
        }
    }

    @Test func `what the machine says is graded`() {
        #expect(MachineCheck.clock(.kept).grade == .ok)
        #expect(MachineCheck.clock(.notKept).grade == .warning)
        #expect(MachineCheck.disk(freeBytes: 10 << 30, at: "x").grade == .ok)
        #expect(MachineCheck.disk(freeBytes: 1 << 30, at: "x").grade == .warning)
        #expect(MachineCheck.disk(freeBytes: 100 << 20, at: "x").grade == .wrong)
    }

    @Test func `a partner's clock is compared by its receipt, to the second that it can tell`() async throws {
        try await Pair.make { pair in
            let partner = try await pair.avim.card().card.member
            let sent = try #require(Timestamp("2026-11-23T17:14:48.900Z"))
            func grade(_ seconds: Int64) -> Finding.Grade? {
                let signed = Timestamp(milliseconds: (sent.milliseconds + 50) / 1000 * 1000) + .seconds(seconds)
                return ProbeCheck.skew(of: partner, signedAt: signed, between: sent, and: sent + Milliseconds(100))
                    .first?.grade
            }
            #expect([0, 4, -4].allSatisfy { grade($0) == nil })
            #expect([10, -10].allSatisfy { grade($0) == .warning })
            #expect([70, -70].allSatisfy { grade($0) == .wrong })
        }
    }
}

/// Holds a store's lock as a node that runs does.
private struct SQLiteLock {
    private let descriptor: Int32

    init(_ store: String) throws {
        descriptor = open(store + ".lock", O_RDWR | O_CREAT, 0o600)
        try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    }

    func release() { close(descriptor) }
}
