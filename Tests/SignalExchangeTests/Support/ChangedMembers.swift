import ExchangeCMS
import ExchangeCore
import SignalExchange

extension Member {
    /// The same member with other parts.
    func with(
        name: String? = nil, endpoint: Endpoint? = nil, signing: [Certificate]? = nil, tls: [Certificate]? = nil,
        dutyContact: DutyContact? = nil
    ) -> Member {
        Member(
            oin: oin, name: name ?? self.name, roles: roles, endpoint: endpoint ?? self.endpoint,
            certificates: MemberCertificates(
                signing: signing ?? certificates.signing, agreement: certificates.agreement,
                tls: tls ?? certificates.tls),
            dutyContact: dutyContact ?? self.dutyContact)
    }
}
