import ExchangeCMS
package import ExchangeCore
import Foundation

/// Makes this organisation's card out of its node's folder, and keeps it as `cards/own.card`: what is not given anew is
/// as it was in the last one.
package struct CardExport: Sendable {
    /// What an operator says; `nil` and empty for what stays as it was.
    package struct Wishes: Sendable {
        package var name: String?
        package var roles: [String] = []
        /// `HOST:PORT`, where partners call.
        package var endpoint: String?
        package var contactName: String?
        package var contactPhone: String?
        /// Files with certificates of this organisation beside those in use, such as renewed ones.
        package var furtherCertificates: [String] = []
        /// For lists that are too large to hand over; the partner then fetches them first.
        package var leavesListsOut = false

        package init() {}
    }

    private let folder: NodeFolder
    private let configuration: NodeConfiguration

    package init(_ folder: NodeFolder, _ configuration: NodeConfiguration) {
        self.folder = folder
        self.configuration = configuration
    }

    /// - Throws: ``NodeError``: `configuration-invalid` for what is missing among the wishes, `certificate-unusable`,
    ///   `card-invalid` or `card-undecided` for a card that every partner would refuse.
    package func make(_ wishes: Wishes, at now: Timestamp = .current) throws(NodeError) -> VerifiedCard {
        let keys = try NodeKeys.load(from: folder)
        guard keys.signing.oin == configuration.oin else {
            throw NodeError(
                .certificateUnusable,
                "the signing certificate is of \(keys.signing.oin), and the configuration says \(configuration.oin)")
        }
        let tls = try TLSMaterial.load(from: folder).certificate
        let trust = try TrustFiles(folder, at: now).trust
        let last = try CardFolder(folder).own?.member
        let further = try furtherCertificates(wishes.furtherCertificates, judgedBy: trust, at: now)
        func certificates(_ use: NodeFolder.KeyUse, _ current: Certificate) -> [Certificate] {
            [current] + (further[use] ?? []).filter { $0 != current }
        }
        let member = Member(
            oin: configuration.oin,
            name: try demand(
                wishes.name ?? last?.name ?? keys.signing.certificate.organisationName, "--name \"NAME\"", "its name"),
            roles: try roles(wishes.roles, orElse: last?.roles ?? []),
            endpoint: try endpoint(wishes.endpoint, orElse: last?.endpoint),
            certificates: MemberCertificates(
                signing: certificates(.signing, keys.signing.certificate),
                agreement: certificates(.agreement, keys.decryption[0].certificate),
                tls: certificates(.tls, tls)),
            dutyContact: DutyContact(
                name: try demand(
                    wishes.contactName ?? last?.dutyContact.name, "--contact-name \"Duty desk\"",
                    "who is called at night"),
                phone: try phone(wishes.contactPhone ?? last?.dutyContact.phone)))
        let card = try card(of: member, in: trust, withoutLists: wishes.leavesListsOut, at: now)
        do {
            let signed = try SignedStatement.sign(
                CardDocument.encode(card), kind: .card, by: keys.signing, at: now)
            let verified = try VerifiedCard.verify(signed, beside: trust.revocationLists, at: now)
            try CardFolder(folder).keepOwn(verified)
            return verified
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(
                .cardInvalid,
                "no card can be made of this; where the revocation lists are too large for it, use --without-lists, and "
                    + "have the partner fetch them first", cause: "\(error)")
        }
    }

    private func card(
        of member: Member, in trust: TrustStore, withoutLists: Bool, at now: Timestamp
    ) throws(NodeError) -> Card {
        var authorities: [Certificate] = []
        for (use, certificates) in member.certificates.all {
            for certificate in certificates {
                let above: [Certificate]
                do {
                    above = try trust.authorities(above: certificate)
                } catch {
                    throw NodeError(.internalFault, "no chain can be built", cause: "\(error)")
                }
                guard !above.isEmpty else {
                    throw NodeError(
                        .certificateUnusable,
                        "no authority in trust/ issued \(certificate.subject), this organisation's certificate for "
                            + "\(use.rawValue); put its root and what stands between there, with `certificates install`"
                    )
                }
                authorities += above.filter { !authorities.contains($0) }
            }
        }
        let lists = authorities.compactMap { issuer in
            trust.revocationLists.filter { $0.thisUpdate <= now + CMSLimits.clockSkew && $0.isSigned(by: issuer) }
                .max { $0.thisUpdate < $1.thisUpdate }
        }
        return Card(
            issued: now, member: member, anchors: authorities.filter { trust.anchors.contains($0) },
            intermediates: authorities.filter { !trust.anchors.contains($0) },
            revocationLists: withoutLists ? [] : lists)
    }

    // MARK: What an operator says

    private func demand(_ value: String?, _ flag: String, _ what: String) throws(NodeError) -> String {
        guard let value, !value.allSatisfy(\.isWhitespace), !value.hasControlCharacters else {
            throw NodeError(.configurationInvalid, "a card says of an organisation \(what): give \(flag)")
        }
        return value
    }

    private func roles(_ texts: [String], orElse last: [Role]) throws(NodeError) -> [Role] {
        var roles: [Role] = []
        for text in texts {
            guard let role = Role(rawValue: text) else {
                throw NodeError(
                    .configurationInvalid,
                    "--role \(text): use one of \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            if !roles.contains(role) { roles.append(role) }
        }
        guard !(roles + last).isEmpty else {
            throw NodeError(
                .configurationInvalid,
                "a card says of an organisation its roles: give --role, one or more of "
                    + Role.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return roles.isEmpty ? last : roles
    }

    private func endpoint(_ text: String?, orElse last: Endpoint?) throws(NodeError) -> Endpoint {
        let advice = "give --endpoint HOST:PORT, as partners' machines reach this node"
        guard let text else {
            guard let last else {
                throw NodeError(
                    .configurationInvalid, "a card says of an organisation where its node is called: \(advice)")
            }
            return last
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port), colon != text.startIndex
        else { throw NodeError(.configurationInvalid, "\(text) is no address with a port: \(advice)") }
        let host = String(text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" })
        guard !["0.0.0.0", "::", "*"].contains(host), !host.hasControlCharacters, !host.contains(where: \.isWhitespace)
        else { throw NodeError(.configurationInvalid, "\(host) is what a node listens on, and no address: \(advice)") }
        return Endpoint(host: host, port: port)
    }

    private func phone(_ text: String?) throws(NodeError) -> String {
        let digits = (text ?? "").filter { !$0.isWhitespace && $0 != "-" }
        guard digits.wholeMatch(of: /\+[1-9][0-9]{6,14}/) != nil else {
            throw NodeError(
                .configurationInvalid,
                "a card says of an organisation the number that is called at night: give --contact-phone with the "
                    + "country's code, such as +31701234567")
        }
        return digits
    }

    // MARK: Further certificates

    private func furtherCertificates(
        _ paths: [String], judgedBy trust: TrustStore, at now: Timestamp
    ) throws(NodeError) -> [NodeFolder.KeyUse: [Certificate]] {
        var found: [NodeFolder.KeyUse: [Certificate]] = [:]
        for path in paths {
            let certificate: Certificate
            do {
                certificate = try Certificate(pem: try folder.readText(path))
            } catch let error as NodeError {
                throw error
            } catch {
                throw NodeError(
                    .certificateUnusable, "\(path) is no certificate in PEM; name one with --also", cause: "\(error)")
            }
            let uses = NodeFolder.KeyUse.allCases.filter { use in
                trust.verdict(for: certificate, purpose: use.purpose, at: now, now: now).allowsUse
            }
            guard certificate.oin == configuration.oin, let use = uses.first, uses.count == 1 else {
                throw NodeError(
                    .certificateUnusable,
                    "\(path) is no certificate of \(configuration.oin) for one of signing, agreement and tls; name "
                        + "another with --also")
            }
            found[use, default: []].append(certificate)
        }
        return found
    }
}

extension TrustVerdict {
    /// Whether the certificate names this use, whatever else is wrong with it.
    fileprivate var allowsUse: Bool {
        switch self {
        case .trusted, .undecided: true
        case .untrusted(.wrongExtendedKeyUsage), .untrusted(.wrongKeyUsage): false
        case .untrusted: true
        }
    }
}
