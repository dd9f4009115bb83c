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

    /// Written here: `PEMDocument` looks at all that is left for each line, which takes minutes for a large list.
    static func text(_ der: [UInt8], label: String) -> String {
        let lineBytes = 48
        var text = Array("-----BEGIN \(label)-----\n".utf8)
        text.reserveCapacity(text.count + der.count / lineBytes * 65 + 256)
        var line = [UInt8](repeating: 0, count: lineBytes / 3 * 4 + 1)
        for start in stride(from: 0, to: der.count, by: lineBytes) {
            let part = Array(der[start..<min(start + lineBytes, der.count)])
            let count = unsafe EVP_EncodeBlock(&line, part, Int32(part.count))
            text += line.prefix(Int(count))
            text.append(UInt8(ascii: "\n"))
        }
        text += Array("-----END \(label)-----\n".utf8)
        return String(decoding: text, as: UTF8.self)
    }
}
