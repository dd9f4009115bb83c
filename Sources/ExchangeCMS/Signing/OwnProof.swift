/// A receipt or refusal that this node signed at some time, held against what partners can make of its signature now.
package enum OwnProof: Sendable {
    case receipt([UInt8])
    case refusal([UInt8])

    /// Why partners can take it no more: its signer is not trusted, or not known. `nil` while they can, and while that
    /// cannot be said.
    ///
    /// - Parameter context: finds the node's own certificates, present and past.
    package func lapse(in context: VerificationContext) -> CMSError? {
        do {
            let inspection =
                switch self {
                case .receipt(let der): try SignedDataPolicy.inspect(der, as: .receipt)
                case .refusal(let der): try SignedDataPolicy.inspect(der, as: .statement(.refusal))
                }
            _ = try context.judgeSigner(of: inspection, for: .signing)
            return nil
        } catch {
            switch error.code {
            case .signerUntrusted, .signerUnknown, .signerCertificateMismatch: return error
            default: return nil
            }
        }
    }
}
