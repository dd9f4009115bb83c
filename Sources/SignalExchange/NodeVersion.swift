import ExchangeCMS
import ExchangeCore

/// The versions that an operator is asked for.
package enum NodeVersion {
    package static let program = "0.1.0"
    package static func text() throws -> String {
        "exchange-node \(program), protocol \(wireVersion), \(try LibraryProbe.run().version)"
    }
}
