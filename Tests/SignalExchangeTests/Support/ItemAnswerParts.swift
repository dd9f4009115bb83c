import ExchangeCore

extension ItemAnswer {
    var receipt: [UInt8]? { if case .receipt(let bytes) = self { bytes } else { nil } }
    var refusal: [UInt8]? { if case .refusal(let bytes) = self { bytes } else { nil } }
    var later: LaterCode? { if case .later(let code, _) = self { code } else { nil } }
}
