import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// What a directory may not say, whoever signed it.
    @Suite(.community()) struct DirectoryDocumentTests {
        let avim: NodeHandle
        let ind: NodeHandle
        let community: ExampleCommunity
        let directory: Directory

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
            ind = community[slug: "ind"]
            let now = NodeClock().now
            directory = try CommunityHolder(folder: avim.folder, known: nil, now: now).current(now).directory
        }

        /// Encodes the directory with changed members, and reads it again.
        private func again(_ change: (Member) throws -> Member) throws -> Directory {
            try DirectoryDocument.decode(
                DirectoryDocument.encode(
                    Directory(
                        version: directory.version, issued: directory.issued,
                        members: directory.members.map(change))))
        }

        private func expectRefused(
            saying text: String, sourceLocation: SourceLocation = #_sourceLocation, _ change: (Member) throws -> Member
        ) {
            let error = #expect(throws: NodeError.self, sourceLocation: sourceLocation) { try again(change) }
            #expect(error?.code == .directoryInvalid, sourceLocation: sourceLocation)
            #expect(error?.message.contains(text) == true, "\(error?.message ?? "")", sourceLocation: sourceLocation)
        }

        /// A further signing certificate for the key that AVIM signs with.
        private func certificate(of owner: NodeHandle) throws -> Certificate {
            let name = "same-key-\(owner.member.slug)"
            let (request, issued) = (
                community.folder.appending(path: name + ".csr"), community.folder.appending(path: name + ".crt")
            )
            let csr = try KeyGeneration.certificateRequestPEM(
                privateKeyPEM: avim.folder.readText(avim.folder.key(.signing)), organisation: owner.member.name,
                oin: owner.oin, commonName: "\(owner.oin) signing", use: .signing)
            try Data(csr.utf8).write(to: request)
            try community.pki.sign(request: request, for: .signing, into: issued)
            return try Certificate(pem: String(contentsOf: issued, encoding: .utf8))
        }

        @Test func `a directory survives its document`() throws {
            let read = try again { $0 }
            #expect(read.members.map(\.oin) == directory.members.map(\.oin))
            #expect(try again { $0.with(name: "Ægir & Søn — niños") }.members.first?.name == "Ægir & Søn — niños")
        }

        @Test func `agreements survive the directory's document, and a slip in them is refused when it is read`() throws
        {
            var agreements = Agreements()
            agreements.routing = [
                RoutingRule(
                    code: "DEP-01", senderRole: .provider, facts: [.init(member: "fingerprintsKnown", values: ["yes"])],
                    mustTell: [.police], mayTell: [.lawyer], ground: "agreement of today"),
                // No signer of today has this rule, and a node takes the directory of one of before.
                RoutingRule(
                    code: "TRF-02", mustTell: [.provider], mayTell: [.guardian], ground: "agreement of yesterday"),
            ]
            agreements.terms = [.majorityYears: 21]
            agreements.clocks = [
                ClockKey(priority: .stat, kind: .ownership): .term(.elapsed(.minutes(90))),
                ClockKey(priority: .asap, kind: .outcome): Agreements.Clock.none,
                ClockKey(priority: .urgent, kind: .deputy): .term(.workingDays(2)),
            ]
            var calendar = WorkingCalendar()
            calendar.holidays = [try #require(CalendarDate("2026-12-25")), try #require(CalendarDate("2027-01-01"))]
            (calendar.opensAtMinute, calendar.closesAtMinute) = (8 * 60 + 5, 18 * 60)
            (calendar.standardMinutesEast, calendar.hasSummerTime) = (-240, false)
            agreements.calendar = calendar
            let agreed = Directory(
                version: 9, issued: directory.issued, members: directory.members, agreements: agreements)
            let document = try DirectoryDocument.encode(agreed)
            let read = try DirectoryDocument.decode(document)
            #expect(read.agreements == agreements && read.routing.version == 9)
            let slip = String(decoding: document, as: UTF8.self).replacing("\"DEP-01\"", with: "\"DEP-91\"")
            let error = #expect(throws: NodeError.self) { try DirectoryDocument.decode(Array(slip.utf8)) }
            #expect(error?.code == .directoryInvalid && error?.message.contains("routing[0].type") == true)
        }

        @Test func `two signing certificates with one key identifier are refused, of one member or of two`() throws {
            for owner in [avim, ind] {
                let other = try certificate(of: owner)
                expectRefused(saying: "one key identifier") { member in
                    guard member.oin == owner.oin else { return member }
                    return member.with(signing: member.certificates.signing.prefix(1) + [other])
                }
            }
            // Each alone is lawful, also beside another key of the same member.
            let renewed = try certificate(of: avim)
            _ = try again { $0.oin == avim.oin ? $0.with(signing: [renewed]) : $0 }
        }

        @Test func `another organisation's certificate under a member's name is refused`() throws {
            let other = try #require(directory.member(ind.oin)).certificates
            expectRefused(saying: "is not of \(avim.oin)") { $0.oin == avim.oin ? $0.with(signing: other.signing) : $0 }
            expectRefused(saying: "is not of \(avim.oin)") { $0.oin == avim.oin ? $0.with(tls: other.tls) : $0 }
        }

        @Test func `a test organisation among others is refused`() throws {
            let oin = try #require(OIN("00000001001234567000"))
            try community.pki.addOrganisation(slug: "other", oin: oin, name: "Other")
            func listed(_ purpose: ExamplePKI.Purpose) throws -> [Certificate] {
                let file = community.pki.credential(of: "other", for: purpose).certificate
                return [try Certificate(pem: String(contentsOf: file, encoding: .utf8))]
            }
            let certificates = try MemberCertificates(
                signing: listed(.signing), agreement: listed(.agreement), tls: listed(.tls))
            expectRefused(saying: "test organisations") { member in
                guard member.oin == avim.oin else { return member }
                return Member(
                    oin: oin, name: "Other", roles: member.roles, endpoint: member.endpoint, certificates: certificates,
                    dutyContact: member.dutyContact)
            }
        }

        @Test(arguments: ["\n", "\u{1B}[2J", "\u{7F}", "\u{9B}2J"])
        func `a text with a control character is refused`(control: String) {
            let text = "Duty\(control)desk"
            expectRefused(saying: "name: put text without control characters") { $0.with(name: text) }
            expectRefused(saying: "dutyContact.name: put text without control characters") {
                $0.with(dutyContact: DutyContact(name: text, phone: "+31600000000"))
            }
            expectRefused(saying: "dutyContact.phone: put text without control characters") {
                $0.with(dutyContact: DutyContact(name: "Duty desk", phone: text))
            }
            expectRefused(saying: "endpoint.host: put text without control characters") {
                $0.with(endpoint: Endpoint(host: text, port: $0.endpoint.port))
            }
        }
    }
}
