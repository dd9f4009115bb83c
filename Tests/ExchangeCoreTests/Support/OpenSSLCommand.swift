import ExchangeCore
import Foundation

/// The `openssl` command: the core has no cryptography, and a test must not compute a digest the way the code does.
enum OpenSSLCommand {
    struct Failed: Error {}

    static func sha256(_ bytes: [UInt8]) throws -> Digest {
        guard let digest = Digest(Array(try run(["dgst", "-sha256", "-binary"], input: bytes))) else { throw Failed() }
        return digest
    }

    /// - Returns: what it writes to standard output.
    static func run(_ arguments: [String], input bytes: [UInt8]) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(bytes))
        try input.fileHandleForWriting.close()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
        return answer
    }
}
