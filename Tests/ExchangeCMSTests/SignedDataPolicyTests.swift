import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@Suite struct `The policy for signed data` {
    let exchange: Exchange
    let sealed: SealedMessage

    init() throws {
        exchange = try Exchange()
        sealed = try exchange.sealed()
    }

    private func expectRefused(
        _ code: CMSErrorCode, sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout DERTree) -> Void
    ) {
        var tree = DERTree(sealed.message.signedData)
        change(&tree)
        ExchangeCMSTests.expectRefused(code, sourceLocation: sourceLocation) {
            try SignedMessage(signedData: tree.bytes)
        }
    }

    @Test func `an unchanged message passes, so that each refusal below is for its change`() throws {
        let bytes = DERTree(sealed.message.signedData).bytes
        #expect(bytes == sealed.message.signedData)
        #expect(try SignedMessage(signedData: bytes).digest == sealed.digest)
    }

    @Test func `certificates and revocation lists inside are refused`() {
        let certificate = DERTree(exchange.sender.signing.certificate.der)
        expectRefused(.partNotAllowed) {
            $0[1, 0].children.insert(DERTree(0xA0, children: [certificate]), at: 3)
        }
        expectRefused(.partNotAllowed) { $0[1, 0].children.insert(DERTree(0xA0, children: []), at: 3) }
        expectRefused(.partNotAllowed) { $0[1, 0].children.insert(DERTree(0xA1, children: []), at: 3) }
    }

    @Test func `two signers, or none, are refused`() {
        expectRefused(.partNotAllowed) { $0.signers.children += $0.signers.children }
        expectRefused(.partNotAllowed) { $0.signers.children = [] }
    }

    @Test func `unsigned attributes are refused`() {
        expectRefused(.partNotAllowed) { tree in
            let attribute = tree.signedAttributes.children[0]
            tree.signers.children[0].children.append(DERTree(0xA1, children: [attribute]))
        }
    }

    @Test func `missing signed attributes are refused`() {
        expectRefused(.attributesNotAllowed) { $0.signers.children[0].children.remove(at: 3) }
    }

    @Test(arguments: 0..<5) func `each signed attribute is demanded, once, with one value`(index: Int) {
        expectRefused(.attributesNotAllowed) { $0.signedAttributes.children.remove(at: index) }
        expectRefused(.attributesNotAllowed) {
            $0.signedAttributes.children[index].children[0] = .identifier([1, 2, 3])
        }
        expectRefused(.attributesNotAllowed) {
            let values = $0.signedAttributes.children[index].children[1].children
            $0.signedAttributes.children[index].children[1].children = values + values
        }
        expectRefused(.tooLarge) { $0.signedAttributes.children.append($0.signedAttributes.children[index]) }
        // In the place of another, so that their number is right.
        let other = (index + 1) % 5
        expectRefused(.attributesNotAllowed) {
            $0.signedAttributes.children[other] = $0.signedAttributes.children[index]
        }
    }

    @Test func `signed attributes in another order are refused`() {
        expectRefused(.malformed) { $0.signedAttributes.children.reverse() }
    }

    @Test func `a signer named by issuer and serial number is refused`() {
        expectRefused(.malformed) {
            $0.signers.children[0].children[1] = DERTree(0x30, children: [DERTree(0x30, children: []), .integer(1)])
        }
    }

    @Test(arguments: [
        [2, 16, 840, 1, 101, 3, 4, 2, 2],  // SHA-384
        [1, 3, 14, 3, 2, 26],  // SHA-1
    ]) func `another digest algorithm is refused`(identifier: [Int]) {
        expectRefused(.algorithmNotAllowed) { $0[1, 0, 1].children[0].children[0] = .identifier(identifier) }
        expectRefused(.algorithmNotAllowed) {
            $0.signers.children[0].children[2].children[0] = .identifier(identifier)
        }
        expectRefused(.algorithmNotAllowed) { $0[1, 0, 1].children += $0[1, 0, 1].children }
        expectRefused(.algorithmNotAllowed) { $0[1, 0, 1].children = [] }
    }

    @Test(arguments: [
        [1, 2, 840, 10_045, 4, 1],  // ecdsa-with-SHA1
        [1, 2, 840, 10_045, 4, 3, 3],  // ecdsa-with-SHA384
        [1, 2, 840, 113_549, 1, 1, 11],  // sha256WithRSAEncryption (PKCS #1 v1.5)
        [1, 3, 101, 112],  // Ed25519
    ]) func `another signature algorithm is refused`(identifier: [Int]) {
        expectRefused(.algorithmNotAllowed) {
            $0.signers.children[0].children[4].children[0] = .identifier(identifier)
        }
    }

    @Test func `PSS with a default, another salt or other digests is refused`() throws {
        let exchange = try Exchange(.rsa3072, .p256)
        let original = DERTree(try exchange.sealed().message.signedData)
        let changes: [(inout DERTree) -> Void] = [
            { $0.children.remove(at: 0) }, { $0.children.remove(at: 1) }, { $0.children.remove(at: 2) },
            { $0.children = [] }, { $0.children[2].children[0] = .integer(20) },
            { $0.children[0].children[0].children[0] = .identifier([1, 3, 14, 3, 2, 26]) },
            { $0.children.append(DERTree(0xA3, children: [.integer(1)])) },
        ]
        for change in changes {
            var tree = original
            change(&tree.signers.children[0].children[4].children[1])
            let error = #expect(throws: CMSError.self) { try SignedMessage(signedData: tree.bytes) }
            #expect(error?.code == .algorithmNotAllowed || error?.code == .malformed)
        }
    }

    @Test func `the content type is the one inside the signature`() throws {
        // OpenSSL verifies this: the content type outside is not under the signature.
        let manifest = try SignedStatement.sign(
            Array("numbers".utf8), kind: .manifest, by: exchange.sender.signing, at: exchange.now)
        let tally = try SignedStatement.sign(
            Array("numbers".utf8), kind: .tally, by: exchange.sender.signing, at: exchange.now)
        var forged = DERTree(manifest)
        forged.contentType = DERTree(tally).contentType
        let folder = try scratchFolder()
        try #require(try OpenSSLCommand(folder).verifies(forged.bytes, signer: exchange.sender.signing.certificate))
        ExchangeCMSTests.expectRefused(.contentTypeMismatch) {
            try SignedStatement.verify(forged.bytes, kind: .tally, in: exchange.context)
        }
        ExchangeCMSTests.expectRefused(.contentTypeMismatch) {
            try SignedStatement.verify(forged.bytes, kind: .manifest, in: exchange.context)
        }
    }

    @Test func `a receipt is asked for in the one form of the profile`() {
        // receiptRequest is the only attribute with an element tagged [0] as its second.
        func request(_ tree: inout DERTree, _ change: (inout DERTree) -> Void) {
            for index in tree.signedAttributes.children.indices {
                let value = tree.signedAttributes.children[index].children[1].children[0]
                if value.children.count == 3, value.children[1].identifier == 0x80 {
                    change(&tree.signedAttributes.children[index].children[1].children[0])
                }
            }
        }
        expectRefused(.attributesNotAllowed) { request(&$0) { $0.children[1].value = [1] } }
        expectRefused(.malformed) { request(&$0) { $0.children[0].value = Array(repeating: 0, count: 16) } }
        expectRefused(.malformed) { request(&$0) { $0.children[0].value.removeLast() } }
        expectRefused(.attributesNotAllowed) { request(&$0) { $0.children[2].children = [] } }
    }

    @Test func `a statement is none of the other structures`() throws {
        ExchangeCMSTests.expectRefused(.structureNotAllowed) { try SignedMessage(signedData: sealed.envelope) }
        ExchangeCMSTests.expectRefused(.structureNotAllowed) {
            try UnverifiedEnvelope(sealed.message.signedData, at: .wire)
        }
        ExchangeCMSTests.expectRefused(.contentTypeMismatch) {
            try SignedStatement.verify(sealed.message.signedData, kind: .manifest, in: exchange.context)
        }
    }

    @Test func `every truncated prefix is refused`() {
        for count in 0..<sealed.message.signedData.count {
            ExchangeCMSTests.expectRefused(.malformed, "\(count) bytes") {
                try SignedMessage(signedData: Array(sealed.message.signedData.prefix(count)))
            }
        }
    }

    @Test func `content at the limit passes and one byte more is refused`() throws {
        let content = [UInt8](repeating: 0x20, count: CMSLimits.contentBytes)
        let sealed = try exchange.sealed(content)
        #expect(try exchange.opened(exchange.travelling(sealed)).digest == sealed.digest)
        ExchangeCMSTests.expectRefused(.tooLarge) { try exchange.sealed(content + [0x20]) }
        ExchangeCMSTests.expectRefused(.tooLarge) {
            try SignedStatement.sign(
                [UInt8](repeating: 0, count: CMSLimits.statementPayloadBytes + 1), kind: .manifest,
                by: exchange.sender.signing, at: exchange.now)
        }
    }
}
