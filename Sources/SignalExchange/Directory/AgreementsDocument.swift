package import ExchangeCatalogue
import ExchangeCore
import Foundation

/// The JSON form of ``Agreements``: two optional members of the directory's document (`protocol.md` §14.1), and the file in
/// the folder of who signs it (`docs/pairing.md`).
package enum AgreementsDocument {
    static let names = ["routing", "policy"]
    private static let fileMaximumBytes = ProtocolLimits.directoryMaximumBytes / 2

    /// The members that there is something to say of.
    package static func members(of agreements: Agreements) -> [(String, JSONValue)] {
        var members: [(String, JSONValue)] = []
        if !agreements.routing.isEmpty { members.append(("routing", RoutingDocument.value(of: agreements.routing))) }
        let policy = policy(of: agreements)
        if !policy.isEmpty { members.append(("policy", .object(policy))) }
        return members
    }

    private static func policy(of agreements: Agreements) -> JSONObject {
        var policy = JSONObject()
        for term in AgreedTerm.allCases {
            if let number = agreements.terms[term] { policy[term.rawValue] = .integer(Int64(number)) }
        }
        var clocks = JSONObject()
        for key in ClockKey.allCases {
            switch agreements.clocks[key] {
            case .term(let term)?: clocks[key.text] = .string(term.text)
            case Agreements.Clock.none?: clocks[key.text] = "none"
            case nil: break
            }
        }
        if !clocks.isEmpty { policy["clocks"] = .object(clocks) }
        if let calendar = agreements.calendar { policy["calendar"] = CalendarDocument.value(of: calendar) }
        return policy
    }

    static func read(_ reader: ObjectReader) throws(ContentError) -> Agreements {
        var agreements = Agreements()
        if let value = reader.optional("routing") {
            agreements.routing = try RoutingDocument.rules(in: value, at: reader.path.member("routing"), by: .standard)
        }
        guard let value = reader.optional("policy") else { return agreements }
        let policy = try ObjectReader(
            value, at: reader.path.member("policy"),
            members: AgreedTerm.allCases.map(\.rawValue) + ["clocks", "calendar"])
        for term in AgreedTerm.allCases where policy.optional(term.rawValue) != nil {
            agreements.terms[term] = Int(try policy.integer(term.rawValue, in: term.range))
        }
        let agreed = agreements.casePolicy
        guard agreed.stayFromMonths <= agreed.stayToMonths else {
            throw policy.invalid(
                "stayToMonths",
                "a stay from \(agreed.stayFromMonths) to \(agreed.stayToMonths) months is none; give both, the shorter first"
            )
        }
        agreements.calendar = try policy.optional("calendar").map { value throws(ContentError) in
            try CalendarDocument.calendar(in: value, at: policy.path.member("calendar"))
        }
        guard let value = policy.optional("clocks") else { return agreements }
        let clocks = try ObjectReader(value, at: policy.path.member("clocks"), members: ClockKey.allCases.map(\.text))
        for key in ClockKey.allCases where clocks.optional(key.text) != nil {
            agreements.clocks[key] = try clocks.parsed(key.text, form: demand(of: key)) { clock($0, for: key) }
        }
        return agreements
    }

    private static func demand(of key: ClockKey) -> String {
        "a span of a minute or more, such as 5m or 4h, or working days such as 3wd"
            + (key.kind == .outcome ? ", or none" : "")
    }

    /// A clock under a minute is none that people agree on, and none that every node looks at in time.
    private static func clock(_ text: String, for key: ClockKey) -> Agreements.Clock? {
        if text == "none", key.kind == .outcome { return Agreements.Clock.none }
        guard let term = Term(text), term.shortest >= .minutes(1) else { return nil }
        return .term(term)
    }

    // MARK: The file

    /// What lies in the folder of who signs a directory; nothing was agreed where there is no file.
    ///
    /// - Throws: ``NodeError`` `directory-invalid`, with what is wrong in the file.
    static func read(from folder: NodeFolder) throws(NodeError) -> Agreements {
        let path = folder.agreements
        guard FileManager.default.fileExists(atPath: path) else { return Agreements() }
        let bytes = try BoundedFile.read(
            path, as: "a file of agreements", maximumBytes: fileMaximumBytes, orElse: .directoryInvalid)
        do {
            let limits = JSONLimits(byteCount: fileMaximumBytes, depth: DirectoryDocument.limits.depth)
            let agreements = try read(
                ObjectReader(JSONParser.parse(bytes, limits: limits), at: .document, members: names))
            try Catalogue.standard.demandAnswers(under: agreements.routing, at: FieldPath("routing"))
            return agreements
        } catch {
            throw NodeError(.directoryInvalid, "\(path) cannot be signed for: \(error)")
        }
    }
}
