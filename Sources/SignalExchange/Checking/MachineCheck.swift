import ExchangeCMS
import ExchangeCore
import Foundation

/// The machine under the node: its clock, its OpenSSL, its disk.
struct MachineCheck {
    /// Where less is free somebody should make room.
    private static let freeWarningBytes: Int64 = 2 << 30
    /// Where less is free the next day's messages may find none.
    private static let freeMinimumBytes: Int64 = 200 << 20

    let folder: NodeFolder

    func findings() -> [Finding] { [Self.clock(ClockState.current), library, disk] }

    /// Whether the system's clock is kept by something, as the kernel was told. It is the machine's that is looked at, also
    /// in a trial in which the node's is ahead of it.
    enum ClockState {
        case kept, notKept, unknown

        /// adjtimex(2) with no mode set only asks. Swift's Glibc module leaves it out, so that it is looked for by its name.
        static var current: ClockState {
            typealias Ask = @convention(c) (UnsafeMutableRawPointer) -> Int32
            /// Larger than `struct timex` on any system.
            let maximumBytes = 512
            guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "adjtimex") else { return .unknown }
            let buffer = UnsafeMutableRawPointer.allocate(byteCount: maximumBytes, alignment: 16)
            defer { buffer.deallocate() }
            buffer.initializeMemory(as: UInt8.self, repeating: 0, count: maximumBytes)
            // TIME_ERROR of adjtimex(2): the clock is not synchronised.
            let notSynchronised: Int32 = 5
            switch unsafeBitCast(symbol, to: Ask.self)(buffer) {
            case ..<0: return .unknown
            case notSynchronised: return .notKept
            default: return .kept
            }
        }
    }

    static func clock(_ state: ClockState) -> Finding {
        switch state {
        case .kept: Finding("clock", .ok, "kept by this machine's time service: \(Timestamp.current)")
        case .notKept:
            Finding(
                "clock", .warning,
                "nothing is known to keep this machine's clock (\(Timestamp.current)); set its time service up (`timedatectl "
                    + "set-ntp true`). Partners hold what is signed more than 5 minutes in their future")
        case .unknown:
            Finding(
                "clock", .warning,
                "whether anything keeps this machine's clock cannot be asked here; compare it: \(Timestamp.current)")
        }
    }

    private var library: Finding {
        do {
            let report = try LibraryProbe.run()
            return report.warnings.isEmpty
                ? Finding("libssl", .ok, report.version)
                : Finding("libssl", .warning, report.warnings.joined(separator: "; "))
        } catch {
            return Finding("libssl", .wrong, error.message)
        }
    }

    private var disk: Finding {
        let path = folder.file("store")
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            return Finding(
                "disk", .wrong, "\(path) cannot be looked at: \(String(cString: strerror(errno))). Is the disk mounted?"
            )
        }
        return Self.disk(freeBytes: Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize)), at: path)
    }

    static func disk(freeBytes: Int64, at path: String) -> Finding {
        let free = "\(freeBytes >> 20) MiB are free for \(path)"
        return switch freeBytes {
        case ..<freeMinimumBytes:
            Finding("disk", .wrong, "\(free); make room now: a node on a full disk accepts and receipts nothing")
        case ..<freeWarningBytes: Finding("disk", .warning, "\(free); make room")
        default: Finding("disk", .ok, free)
        }
    }
}
