import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import Foundation

/// What the `card` commands do and print.
package struct CardConsole: Sendable {
    /// How often a person may mistype.
    private static let attemptsMaximum = 3

    private let folder: NodeFolder
    private let printsJSON: Bool

    package init(folder: NodeFolder, printsJSON: Bool) {
        self.folder = folder
        self.printsJSON = printsJSON
    }

    /// Makes this organisation's card and writes it to a file.
    package func export(_ wishes: CardExport.Wishes, to path: String) async throws {
        let configuration = try await NodeConfiguration.load(from: folder)
        let card = try CardExport(folder, configuration).make(wishes)
        try NodeFolder.write(card.bytes, to: path)
        guard !printsJSON else { return ConsoleLine.print(Self.object(card.card, card.fingerprint)) }
        show(card.card)
        print(
            """

            \(path) is made; nothing in it is secret. FINGERPRINT

                \(card.fingerprint)

            Send the file. When the other organisation calls, read the fingerprint out from here, all of it. \
            `exchange-node card show` shows it again; each export has another.
            """)
    }

    /// Shows a card, whoever's it is. It is verified, but who made it only the fingerprint tells.
    package func show(_ path: String) throws {
        let bytes = try CardFolder.read(path)
        let card = try VerifiedCard.verify(bytes, beside: try AuthorityFiles(folder).lists, at: .current)
        guard !printsJSON else { return ConsoleLine.print(Self.object(card.card, card.fingerprint)) }
        show(card.card)
        print(
            """

            FINGERPRINT \(card.fingerprint)
            Anybody can make such a card. It is that of \(card.card.member.name.escapingControls()) only where they read \
            out this fingerprint, on a number that you know.
            """)
    }

    /// - Parameter spoken: the fingerprint as it was read out; asked for on a terminal where it is `nil`.
    package func take(_ path: String, spoken: String?, acceptsAuthority: Bool) async throws {
        let configuration = try await NodeConfiguration.load(from: folder)
        let bytes = try CardFolder.read(path)
        let fingerprint = try spoken.map(SpokenFingerprint.demand) ?? ask(about: bytes)
        let taken = try CardImport(into: folder, of: configuration.oin).take(
            bytes, spoken: fingerprint, acceptsAuthority: acceptsAuthority)
        let card = taken.card.card
        guard !printsJSON else {
            var object = Self.object(card, taken.card.fingerprint)
            object["outcome"] = .string(taken.outcome.text)
            object["newAuthorities"] = .array(taken.newAnchors.map { .string($0) })
            return ConsoleLine.print(object)
        }
        show(card)
        print("")
        switch taken.outcome {
        case .added: print("The card is kept.")
        case .replaced(let moment): print("The card is kept, in the place of the one of \(moment).")
        case .unchanged: print("This very card was here already.")
        }
        for name in taken.newAnchors {
            print("This node now trusts the authority \(name), for who stands in its directory.".escapingControls())
        }
        for name in taken.newLists { print("Its revocation list of \(name) is in crl/.".escapingControls()) }
        print(
            """
            Next: `exchange-node directory sign --install`, or have the body that signs your directory add it.
            """)
    }

    // MARK: The fingerprint

    /// Typed and not confirmed: whoever is asked "is it this one?" says yes.
    private func ask(about bytes: [UInt8]) throws(NodeError) -> SpokenFingerprint {
        guard isatty(STDIN_FILENO) == 1 else {
            throw NodeError(
                .fingerprintMissing,
                "call the other organisation on a number that you know, have it read the card's fingerprint out, and give it "
                    + "with --fingerprint \"…\"; nothing was kept")
        }
        let claimed = try VerifiedCard.read(bytes).member
        print(
            """
            The card says that it is of \(claimed.name.escapingControls()), \(claimed.oin).
            Call them on a number that you know, and not on one that came with the card. Type the fingerprint that they \
            read out from their screen (\(SpokenFingerprint.groupCount) groups of 4 digits):
            """)
        for _ in 1...Self.attemptsMaximum {
            guard let line = readLine() else { break }
            if let fingerprint = SpokenFingerprint(spoken: line) { return fingerprint }
            print("That is not \(SpokenFingerprint.groupCount) groups of 4 digits. Again:")
        }
        throw NodeError(.fingerprintMissing, "no fingerprint was typed; nothing was kept")
    }

    // MARK: Showing

    private func show(_ card: Card) {
        let member = card.member
        let now = Timestamp.current
        var lines = [
            ("organisation", "\(member.name), \(member.oin)"),
            ("roles", member.roles.map(\.rawValue).joined(separator: ", ")),
            ("endpoint", "\(member.endpoint.host):\(member.endpoint.port)"),
            ("duty contact", "\(member.dutyContact.name), \(member.dutyContact.phone)"),
            ("made", card.issued.description),
        ]
        for (use, certificates) in member.certificates.all {
            for certificate in certificates {
                lines.append(
                    (use.rawValue, "until \(certificate.notAfter), \(certificate.daysLeft(at: now)) days left"))
            }
        }
        for anchor in card.anchors { lines.append(("authority", anchor.subject)) }
        let authorities = card.anchors + card.intermediates
        for list in card.revocationLists {
            let issuer = authorities.first { list.isSigned(by: $0) }
            let name =
                issuer.map { CommunityCheck.name(of: $0, among: authorities) } ?? "an authority that is not in the card"
            lines.append(("list", "of \(name), until \(list.nextUpdate)"))
        }
        for (name, text) in lines {
            print((name + ":" + String(repeating: " ", count: 15 - name.count) + text).escapingControls())
        }
    }

    private static func object(_ card: Card, _ fingerprint: SpokenFingerprint) -> JSONObject {
        var object = JSONObject()
        object["oin"] = .string(card.member.oin.text)
        object["name"] = .string(card.member.name)
        object["roles"] = .array(card.member.roles.map { .string($0.rawValue) })
        object["endpoint"] = .string("\(card.member.endpoint.host):\(card.member.endpoint.port)")
        object["dutyPhone"] = .string(card.member.dutyContact.phone)
        object["issued"] = .string(card.issued.description)
        object["authorities"] = .array(card.anchors.map { .string($0.subject) })
        object["fingerprint"] = .string(fingerprint.description)
        return object
    }
}

extension CardImport.Outcome {
    fileprivate var text: String {
        switch self {
        case .added: "added"
        case .replaced: "replaced"
        case .unchanged: "unchanged"
        }
    }
}

extension Certificate {
    /// Whole days until it ends; 0 on its last.
    func daysLeft(at now: Timestamp) -> Int64 { (notAfter - now).count / Milliseconds.hours(24).count }
}
