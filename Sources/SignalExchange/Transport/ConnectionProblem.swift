import AsyncHTTPClient
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What kept an exchange with a partner from its answer, in words for whoever is called at night: what the libraries say
/// names their own lines, and not who has to do what.
enum ConnectionProblem {
    /// One sentence part; falls back to what the library says, without the places in its source.
    static func cause(of error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            guard let last = error.connectionErrors.last else { return "its address cannot be looked up" }
            return cause(of: last.error)
        case let error as IOError where error.errnoCode == ECONNREFUSED: return "nobody listens there"
        case let error as IOError where error.errnoCode == ECONNRESET: return "it hung up"
        case let error as IOError where error.errnoCode == EHOSTUNREACH || error.errnoCode == ENETUNREACH:
            return "there is no way to it from this machine"
        case let error as HTTPClientError where error == .connectTimeout: return "no connection came about in time"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return "it closed the connection without an answer"
        default: return handshake("\(error)") ?? withoutPlaces("\(error)")
        }
    }

    /// `nil` where it was no matter of TLS. The library tells what it was in its text alone.
    private static func handshake(_ said: String) -> String? {
        guard
            let reason = said.split(separator: "OPENSSL_internal:").dropFirst().first?.prefix(while: {
                $0 != " " && $0 != "]"
            })
        else { return nil }
        return reason.contains("ALERT")
            ? "it refuses our TLS certificate (\(reason)); is the one in the directory in place, and does it hold?"
            : "no TLS connection came about (\(reason))"
    }

    /// A path of the machine that built the program helps nobody.
    private static func withoutPlaces(_ said: String) -> String { said.replacing(#/\ at\ /[^\s\]]+/#, with: "") }
}
