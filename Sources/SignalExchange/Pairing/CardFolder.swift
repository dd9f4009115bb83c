package import ExchangeCore
import Foundation

/// The cards that a node's folder has: its own as it was last exported, and those that were imported.
package struct CardFolder: Sendable {
    /// A card and what a signature adds.
    static let fileMaximumBytes = ProtocolLimits.cardMaximumBytes + 65_536

    private let folder: NodeFolder

    package init(_ folder: NodeFolder) { self.folder = folder }

    /// This organisation's card as it was last exported; `nil` where there is none.
    ///
    /// - Throws: ``NodeError`` where there is one that cannot be read: a directory without its own organisation would be
    ///   signed otherwise, or a card that has lost what it said before.
    package var own: Card? {
        get throws(NodeError) {
            guard FileManager.default.fileExists(atPath: folder.ownCard) else { return nil }
            return try VerifiedCard.read(try Self.read(folder.ownCard))
        }
    }

    /// The card of a partner as it was imported; `nil` where there is none.
    ///
    /// - Throws: ``NodeError`` where there is one that cannot be read.
    package func partner(_ oin: OIN) throws(NodeError) -> (card: Card, bytes: [UInt8])? {
        guard FileManager.default.fileExists(atPath: folder.card(of: oin)) else { return nil }
        let bytes = try Self.read(folder.card(of: oin))
        return (try VerifiedCard.read(bytes), bytes)
    }

    /// The partners whose cards are here, in the order of their OINs.
    package var partners: [OIN] {
        get throws(NodeError) {
            guard FileManager.default.fileExists(atPath: folder.cards) else { return [] }
            do {
                return try FileManager.default.contentsOfDirectory(atPath: folder.cards)
                    .filter { $0.hasSuffix(".card") }.compactMap { OIN($0.dropLast(5)) }.sorted()
            } catch {
                throw NodeError(
                    .fileUnreadable, "\(folder.cards) cannot be read; check its owner and rights", cause: "\(error)")
            }
        }
    }

    func keepOwn(_ card: VerifiedCard) throws(NodeError) { try keep(card, at: folder.ownCard) }

    func keep(_ card: VerifiedCard) throws(NodeError) { try keep(card, at: folder.card(of: card.card.member.oin)) }

    private func keep(_ card: VerifiedCard, at path: String) throws(NodeError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder.cards, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw NodeError(
                .fileUnreadable, "\(folder.cards) cannot be made; check the folder's owner and rights",
                cause: "\(error)")
        }
        try NodeFolder.write(card.bytes, to: path)
    }

    /// Reads a card's file, wherever it lies, and no more of it than a card may have.
    package static func read(_ path: String) throws(NodeError) -> [UInt8] {
        try BoundedFile.read(path, as: "a card", maximumBytes: fileMaximumBytes, orElse: .cardInvalid)
    }
}
