package import ExchangeCMS
package import ExchangeCatalogue
package import ExchangeCore

/// The community's signed list of its members (`protocol.md` §14).
package struct Directory: Sendable {
    /// Grows with each issue; an older one than was already seen is refused.
    package let version: Int64
    package let issued: Timestamp
    package let members: [Member]
    /// Who must be told of what, and by which clocks and terms, as the members agreed it.
    package let agreements: Agreements

    package init(version: Int64, issued: Timestamp, members: [Member], agreements: Agreements = Agreements()) {
        self.version = version
        self.issued = issued
        self.members = members
        self.agreements = agreements
    }

    package var routing: Routing { Routing(version: version, rules: agreements.routing) }

    package func member(_ oin: OIN) -> Member? { members.first { $0.oin == oin } }

    /// Every organisation that has a role, in the directory's order.
    package func members(with role: Role) -> [Member] { members.filter { $0.roles.contains(role) } }
}

package struct Member: Sendable {
    package let oin: OIN
    package let name: String
    package let roles: [Role]
    package let endpoint: Endpoint
    /// Current and coming certificates of each use, newest first.
    package let certificates: MemberCertificates
    package let dutyContact: DutyContact

    package init(
        oin: OIN, name: String, roles: [Role], endpoint: Endpoint, certificates: MemberCertificates,
        dutyContact: DutyContact
    ) {
        self.oin = oin
        self.name = name
        self.roles = roles
        self.endpoint = endpoint
        self.certificates = certificates
        self.dutyContact = dutyContact
    }
}

package struct MemberCertificates: Sendable {
    package let signing: [Certificate]
    package let agreement: [Certificate]
    package let tls: [Certificate]

    package init(signing: [Certificate], agreement: [Certificate], tls: [Certificate]) {
        self.signing = signing
        self.agreement = agreement
        self.tls = tls
    }
}

/// Where a node is called: an address for the network, beside the name that its TLS certificate bears.
package struct Endpoint: Hashable, Sendable {
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// Who is called when a machine does not answer.
package struct DutyContact: Hashable, Sendable {
    package let name: String
    /// E.164.
    package let phone: String

    package init(name: String, phone: String) {
        self.name = name
        self.phone = phone
    }
}

extension OIN {
    /// The DNS name in the organisation's TLS certificate (`protocol.md` §13.1).
    package var tlsName: String { text.lowercased() + ".oin.exchange.internal" }
}
