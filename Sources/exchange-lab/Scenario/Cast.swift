/// The organisations of the letter's case, by their names in `certs-example/community.tsv`.
enum Cast: String, CaseIterable, Sendable {
    case nidos, avim, ind, coa, jade, evenaar, ggd

    /// As it stands in the matrix: at most nine letters.
    var name: String {
        switch self {
        case .nidos: "Nidos"
        case .avim: "AVIM"
        case .ind: "IND"
        case .coa: "COA"
        case .jade: "Provider"
        case .evenaar: "Evenaar"
        case .ggd: "GGD"
        }
    }
}

extension Sequence<Cast> {
    /// `Nidos, IND`
    var names: String { map(\.name).joined(separator: ", ") }
}
