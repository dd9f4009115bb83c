package import ExchangeCore
import Foundation

extension Timestamp {
    /// The machine's wall clock.
    package static var current: Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
