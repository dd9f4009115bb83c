internal import COpenSSL

/// OpenSSL's error queue. It is thread-local, so that it must be read before any suspension: all of this module is
/// synchronous, and each error takes the queue with it when it is made.
enum ErrorQueue {
    /// A corrupt input can leave many entries; the first ones name the cause.
    static let entriesLimit = 8

    /// Empties the queue and returns what stood in it, oldest first; `nil` where it was empty. A failed decryption may
    /// leave it empty: success is read from return values only.
    static func drain() -> String? {
        var entries: [String] = []
        while true {
            let code = ERR_get_error()
            if code == 0 { break }
            guard entries.count < entriesLimit else { continue }
            entries.append(text(of: code))
        }
        return entries.isEmpty ? nil : entries.joined(separator: "; ")
    }

    private static func text(of code: UInt) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        unsafe buffer.withUnsafeMutableBufferPointer {
            unsafe ERR_error_string_n(code, $0.baseAddress, $0.count)
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
