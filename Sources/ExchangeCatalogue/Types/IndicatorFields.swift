/// The indicators that a signal rests on: coded, each with its list and the weight that the list gives it.
extension FieldKind {
    static func indicators(count: ClosedRange<Int>) -> FieldKind {
        .array(
            .object([
                .required("list", .code(.indicatorList), "The list that the code comes from."),
                .required(
                    "code", .codeOfNamedList(IndicatorList.all.map(\.codeList)), "The indicator, a code of that list."),
                .required(
                    "strength", .code(.indicatorStrength), "The weight that the list gives to the indicator."),
                .optional("note", .text(byteCountLimit: 1000), "What was seen or heard, in a few words."),
            ]), count: count)
    }
}

extension Rule {
    /// The combination rule of the Delphi indicators rests on the weights of the list, not on the sender's own.
    static func indicatorStrengths(in member: String) -> Rule {
        Rule(
            "indicator-strength-of-its-list", "an indicator has the strength that its list gives it",
            .check { (content, rule) throws(ContentError) in
                guard case .array(let indicators)? = content.body[member] else { return }
                for (index, indicator) in indicators.enumerated() {
                    guard case .object(let indicator) = indicator, case .string(let id)? = indicator["list"],
                        case .string(let code)? = indicator["code"],
                        let list = IndicatorList.all.first(where: { $0.codeList.id == id }),
                        let strength = list.strength(of: code), indicator["strength"] != .string(strength.rawValue)
                    else { continue }
                    throw rule.violation(
                        at: FieldPath("body").member(member).element(index).member("strength"),
                        allowed: [strength.rawValue], "use \(strength.rawValue)")
                }
            })
    }
}
