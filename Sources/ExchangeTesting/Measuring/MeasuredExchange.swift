import ExchangeCore
public import Foundation
import SignalExchange

/// What a benchmark needs beside what tests need. It is no part of the public interface: it follows the benchmarks, and
/// may change with any version.
@_spi(Measuring)
extension LocalExchange {
    /// Makes an exchange whose nodes call each other directly, as in production, runs `body`, and puts everything away.
    ///
    /// - Parameters:
    ///   - roles: of the nodes, such as `guardian`, in their order; several may have the same. The nodes are called
    ///     `node-1` and so on. At least 2, at most ``maximumNodes``.
    ///   - usesRSA: keys of RSA-3072, as PKIoverheid issues them, in place of P-256.
    /// - Throws: as ``run(nodes:executable:isolation:_:)``.
    public static func measure<Value>(
        roles: [String], usesRSA: Bool = false, executable: URL? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: (LocalExchange) async throws -> Value
    ) async throws -> Value {
        let executable = executable ?? NodeProcess.builtExecutable
        try demand(count: roles.count, executable: executable)
        let members = roles.enumerated().map { index, name in
            guard let role = Role(rawValue: name) else { preconditionFailure("\(name) is no role") }
            return ExamplePKI.Member(measured: index + 1, role: role)
        }
        let plan = ExampleCommunity.Plan(
            members: members, algorithm: usesRSA ? .rsa3072 : .p256, executable: executable, isRelayed: false)
        return try await run(plan, body)
    }
}

@_spi(Measuring)
extension LocalNode {
    /// Of the process that is the node now; `nil` where it is down.
    public var processIdentifier: Int32? {
        get async { await isRunning ? await handle.process.identifiers.last : nil }
    }

    /// The SQLite file in which everything durable is.
    public var store: URL { URL(filePath: handle.folder.store) }
}

extension ExamplePKI.Member {
    /// - Parameter number: 1 to 99; makes name and test OIN.
    init(measured number: Int, role: Role) {
        precondition((1...99).contains(number), "there are 1 to 99 organisations")
        let digits = String(number * 1000)
        guard let oin = OIN(OIN.testPrefix + String(repeating: "0", count: 12 - digits.count) + digits) else {
            preconditionFailure("an OIN has a prefix and twelve digits")
        }
        self.init(slug: "node-\(number)", oin: oin, role: role, name: "Organisation \(number) (test)")
    }
}
