import ExchangeCore
import Foundation

/// SHA-256 by the `openssl` command: the core computes none, and a test must not compute it the way the code does.
enum OpenSSLDigest {
    struct Failed: Error {}

    static func sha256(_ bytes: [UInt8]) throws -> Digest {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl", "dgst", "-sha256", "-binary"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(bytes))
        try input.fileHandleForWriting.close()
        let answer = try output.fileHandleForReading.readToEnd()
        process.waitUntilExit()
        guard process.terminationStatus == 0, let digest = Digest(Array(answer ?? Data())) else { throw Failed() }
        return digest
    }
}
