import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

/// Debian's `libbcmail-java` and a Java runtime with a compiler. Where they are missing the tests are skipped, which
/// the test run counts and names.
private enum BouncyCastle {
    static let libraries = ["bcmail", "bcprov", "bcpkix", "bcutil"].map { "/usr/share/java/\($0).jar" }

    static let isInstalled: Bool = {
        let hasJava = (try? Command.outcome("java", ["--list-modules"])).map {
            $0.status == 0 && String(decoding: $0.output, as: UTF8.self).contains("jdk.compiler")
        }
        return hasJava == true && libraries.allSatisfy { FileManager.default.fileExists(atPath: $0) }
    }()

    static var program: String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "bouncycastle/VerifyMessage.java").path
    }

    static func verify(_ arguments: [String]) throws -> Command.Outcome {
        try Command.outcome(
            "java",
            ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", libraries.joined(separator: ":"), program]
                + arguments)
    }
}

@Suite(.enabled(if: BouncyCastle.isInstalled, "needs a JDK and Debian's libbcmail-java"))
struct `Bouncy Castle` {
    private static let content = Array("the others must be told".utf8)

    @Test(arguments: ExamplePKI.Algorithm.allCases)
    func `verifies our message and our receipt, and refuses either with a flipped byte`(
        keys: ExamplePKI.Algorithm
    ) throws {
        let exchange = try Exchange(keys, keys)
        let sealed = try exchange.sealed(Self.content)
        let message = sealed.message.signedData
        let receipt = try SignedReceipt.sign(
            for: exchange.verified(sealed), by: exchange.recipient.signing, at: exchange.now)
        let folder = try scratchFolder()
        let files = OpenSSLCommand(folder)
        func verify(_ message: [UInt8], _ receipt: [UInt8]) throws -> Command.Outcome {
            try BouncyCastle.verify([
                files.file("message.der", message),
                files.file("sender.pem", Array(exchange.sender.signing.certificate.pem.utf8)),
                files.file("receipt.der", receipt),
                files.file("recipient.pem", Array(exchange.recipient.signing.certificate.pem.utf8)),
                folder.appending(path: "content").path,
            ])
        }
        let good = try verify(message, receipt)
        #expect(good.status == 0, "\(String(decoding: good.output, as: UTF8.self)) \(good.errors)")
        #expect(try Array(Data(contentsOf: folder.appending(path: "content"))) == Self.content)

        var altered = message
        let place = try #require(message.indices.first { message[$0...].starts(with: Self.content) })
        altered[place] ^= 1
        #expect(try verify(altered, receipt).status != 0)
        var forged = receipt
        forged[forged.count - 1] ^= 1
        #expect(try verify(message, forged).status == 1)
    }
}
