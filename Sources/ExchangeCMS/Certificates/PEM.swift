internal import COpenSSL
internal import SwiftASN1

/// Textual encodings (RFC 7468).
enum PEM {
    /// The bytes of all blocks, each of which must have the label.
    static func blocks(
        _ text: String, labelled label: String, orElse code: CMSErrorCode
    ) throws(CMSError) -> [[UInt8]] {
        let blocks = try blocks(text, orElse: code)
        for block in blocks where block.label != label {
            throw CMSError(code, "a PEM block \(label) was expected and \(block.label) was found")
        }
        return blocks.map(\.der)
    }

    /// All blocks, whatever they are.
    static func blocks(_ text: String, orElse code: CMSErrorCode) throws(CMSError) -> [(label: String, der: [UInt8])] {
        do {
            return try PEMDocument.parseMultiple(pemString: text).map { ($0.discriminator, $0.derBytes) }
        } catch {
            throw CMSError(code, "PEM text cannot be read: \(error)")
        }
    }

    /// By OpenSSL: `PEMDocument` looks at all that is left for each line, which takes minutes for a large list.
    static func text(_ der: [UInt8], label: String) -> String {
        do throws(CMSError) {
            let bio = try Owned<BIOObject>.sink()
            guard unsafe PEM_write_bio(bio.pointer, label, "", der, der.count) > 0 else {
                throw CMSError(.cryptographicLibrary, "no memory for the PEM text of a \(label)")
            }
            return bio.text
        } catch {
            preconditionFailure("\(error): Swift itself does not go on without memory")
        }
    }
}
