import Foundation
import Testing

@testable import ExchangeCMS

/// Textual encodings (RFC 7468).
@Suite struct PEMTests {
    @Test(arguments: [1, 2, 3, 47, 48, 49, 96, 1000])
    func `a block has lines of 64 characters, and is read as it was`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let text = PEM.text(bytes, label: "X509 CRL")
        let lines = text.split(separator: "\n").dropFirst().dropLast()
        #expect(lines.dropLast().allSatisfy { $0.count == 64 } && (1...64).contains(lines.last?.count ?? 0))
        #expect(lines.joined() == Data(bytes).base64EncodedString())
        #expect(text.hasPrefix("-----BEGIN X509 CRL-----\n") && text.hasSuffix("\n-----END X509 CRL-----\n"))
        #expect(try PEM.blocks(text, labelled: "X509 CRL", orElse: .revocationListUnusable) == [bytes])
    }

    /// Line by line over all that is left it took minutes, and one request held a thread of the node for as long.
    @Test(.timeLimit(.minutes(1)))
    func `a large list is written and read in a time that its length alone decides`() throws {
        let bytes = [UInt8](repeating: 0xA5, count: 2 << 20)
        let text = PEM.text(bytes, label: "X509 CRL")
        let read = try PEM.blocks(text, labelled: "X509 CRL", orElse: .revocationListUnusable)
        // Not within the expectation, which would describe what it compares.
        let isSame = read == [bytes]
        #expect(isSame)
    }
}
