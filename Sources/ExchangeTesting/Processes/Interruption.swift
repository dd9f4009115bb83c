import Foundation
import Synchronization

/// Work that Ctrl-C, SIGTERM or SIGHUP cancels, so that it can put its things away. For the programs of this project alone.
@_spi(Programs) public enum Interruption {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// - Parameter work: ends soon after its task is cancelled, with nothing left behind.
    /// - Returns: the exit status: that of the work, or 128 and the signal's number.
    public static func run(_ work: @escaping @Sendable () async -> Int32) async -> Int32 {
        let received = Mutex<Int32?>(nil)
        let task = Task { await work() }
        let sources = signals.map { number in
            // A handler that does nothing, where SIG_IGN would be inherited by the children.
            signal(number) { _ in }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                received.withLock { $0 = $0 ?? number }
                task.cancel()
            }
            source.activate()
            return source
        }
        let status = await task.value
        for source in sources { source.cancel() }
        return received.withLock { $0 }.map { 128 + $0 } ?? status
    }
}
