import ExchangeCMS
import Foundation

/// The `openssl` command, with its files in a folder.
struct OpenSSLCommand {
    let folder: URL

    init(_ folder: URL) { self.folder = folder }

    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = folder.appending(path: name)
        try Data(bytes).write(to: path)
        return path.path
    }

    /// Whether `openssl cms -verify` accepts the signature, the chain left aside.
    func verifies(_ signedData: [UInt8], signer: Certificate) throws -> Bool {
        let arguments = try [
            "cms", "-verify", "-binary", "-inform", "DER", "-in", file("signed.der", signedData), "-noverify",
            "-nointern", "-certfile", file("signer.pem", Array(signer.pem.utf8)),
        ]
        return try Command.outcome("openssl", arguments).status == 0
    }
}
