package import ExchangeCore

/// An envelope as the store gives it back, held against the digest that was kept with it (`protocol.md` §9.4).
package enum StoredEnvelope: Hashable, Sendable {
    /// As it was kept. One that was kept before digests were is taken as it is: what the disk did to it shows when it is
    /// opened, and not before.
    case intact([UInt8])
    /// The disk has changed it since.
    case damaged

    /// - Parameter digest: what was kept of it; `nil` where it has none.
    package init(_ bytes: [UInt8], kept digest: Digest?, using function: DigestFunction) {
        self = digest.map { $0 == function(bytes) } ?? true ? .intact(bytes) : .damaged
    }

    /// What is kept beside an envelope; `nil` where there is none.
    package static func digest(of envelope: [UInt8], using function: DigestFunction) -> Digest? {
        envelope.isEmpty ? nil : function(envelope)
    }

    /// Whether there is none, because the message is lost or went by retention. One that was damaged is there.
    var isAbsent: Bool { self == .intact([]) }

    /// The envelope, where it is the one that was kept.
    ///
    /// - Throws: ``StoreError`` `store-damaged`.
    package var bytes: [UInt8] {
        get throws(StoreError) {
            guard case .intact(let bytes) = self else { throw .damagedEnvelope }
            return bytes
        }
    }
}

extension StoreError {
    fileprivate static let damagedEnvelope = StoreError(
        .storeDamaged,
        "The stored message is not the one that was kept: the disk has changed it. It is got back from whoever else has it; "
            + "look at the disk.")
}
