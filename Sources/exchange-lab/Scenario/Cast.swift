import ExchangeCore
import ExchangeTesting

/// The organisations of the letter's case. The first seven are those of `certs-example/community.tsv`; the last two are told
/// by the types of the catalogue too, so that without them somebody would be left out.
enum Cast: String, CaseIterable, Sendable {
    case nidos, avim, ind, coa, jade, evenaar, ggd, lawyer, municipality

    var name: String {
        switch self {
        case .nidos: "Nidos"
        case .avim: "AVIM"
        case .ind: "IND"
        case .coa: "COA"
        case .jade: "Provider"
        case .evenaar: "Evenaar"
        case .ggd: "GGD"
        case .lawyer: "Lawyer"
        case .municipality: "Municipality"
        }
    }

    /// As it heads a column of the matrix.
    var columnName: String { self == .municipality ? "Town" : name }

    /// All of them, with test OINs.
    ///
    /// - Throws: where `certs-example/community.tsv` cannot be read.
    static func members() throws -> [ExamplePKI.Member] {
        let added: [(Cast, String, Role)] = [
            (.lawyer, "00000099000000008000", .lawyer), (.municipality, "00000099000000009000", .municipality),
        ]
        return try ExamplePKI.community()
            + added.map { cast, number, role in
                guard let oin = OIN(number) else { preconditionFailure("\(number) has the form of an OIN") }
                return ExamplePKI.Member(slug: cast.rawValue, oin: oin, role: role, name: "\(cast.name) (test)")
            }
    }
}

extension Sequence<Cast> {
    /// `Nidos, IND`
    var names: String { map(\.name).joined(separator: ", ") }
}
