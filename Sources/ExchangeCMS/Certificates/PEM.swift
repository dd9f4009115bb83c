internal import COpenSSL
internal import SwiftASN1

/// Textual encodings (RFC 7468).
enum PEM {
    /// The bytes of all blocks, each of which must have the label.
    static func blocks(
        _ text: String, labelled label: String, orElse code: CMSErrorCode
    ) throws(CMSError) -> [[UInt8]] {
        let documents: [PEMDocument]
        do { documents = try PEMDocument.parseMultiple(pemString: text) } catch {
            throw CMSError(code, "the PEM text of a \(label) cannot be read: \(error)")
        }
        for document in documents where document.discriminator != label {
            throw CMSError(code, "a PEM block \(label) was expected and \(document.discriminator) was found")
        }
        return documents.map(\.derBytes)
    }

    static func text(_ der: [UInt8], label: String) -> String {
        PEMDocument(type: label, derBytes: der).pemString + "\n"
    }
}
