import ExchangeCore
import Foundation
import Testing

@testable import ExchangeStore

#if os(Linux)
    import Glibc

    /// What the store really asks of the kernel, as `strace` sees it from outside the process.
    ///
    /// Counted and named as skipped where `strace` is not installed, or may not attach to a process.
    @Suite(
        .temporaryFolder,
        .enabled("strace is not installed, or may not attach to a process") { await Strace.canAttach() })
    struct SyscallTests {
        @Test func `every commit is one sync of the log`() async throws {
            let path = TemporaryFolder.store
            try await #require(processExitsWith: .success) { [path = path as String] in
                var limits = StoreLimits()
                limits.checkpointEveryOperations = .max
                let ledger = try await Sample.openSQLite(at: path, limits: limits)
                // One after another: each is a commit of its own.
                let strace = try await Strace(tracing: "fdatasync,fsync", options: [])
                for ordinal in 1...50 { try await ledger.accept(ordinal) }
                let syncs = try strace.finish().filter { $0.contains("store.sqlite-wal") }
                try #require(syncs.count == 50, "\(syncs.count) syncs for 50 commits")
            }
        }

        @Test func `writers that come together share a sync`() async throws {
            let path = TemporaryFolder.store
            try await #require(processExitsWith: .success) { [path = path as String] in
                let ledger = try await Sample.openSQLite(at: path)
                let strace = try await Strace(tracing: "fdatasync,fsync", options: [])
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for ordinal in 1...200 { group.addTask { try await ledger.accept(ordinal) } }
                    try await group.waitForAll()
                }
                let syncs = try strace.finish().filter { $0.contains("store.sqlite-wal") }
                try #require((1...100).contains(syncs.count), "\(syncs.count) syncs for 200 operations")
            }
        }

        @Test func `after a sync that failed nothing more is written, and the reported is there at the next opening`()
            async throws
        {
            let path = TemporaryFolder.store
            try await #require(processExitsWith: .success) { [path = path as String] in
                let ledger = try await Sample.openSQLite(at: path)
                try await ledger.accept(1)
                try await ledger.accept(2)
                let events = ledger.events
                // Every sync: `strace` counts calls for each thread alone, so that "the second" would be any.
                let strace = try await Strace(
                    tracing: "fdatasync,fsync", options: ["-e", "inject=fdatasync,fsync:error=EIO"])
                let first = await #expect(throws: StoreError.self) { try await ledger.accept(3) }
                try #require(first?.code == .durabilityLost)
                _ = try strace.finish()
                // The disk works again; what is on it is in doubt all the same.
                let second = await #expect(throws: StoreError.self) { try await ledger.accept(4) }
                try #require(second?.code == .durabilityLost)
                let third = await #expect(throws: StoreError.self) {
                    try await ledger.raise(
                        Alarm(code: .clockSkewed, partner: nil, messageID: nil, detail: "", at: Sample.start))
                }
                try #require(third?.code == .durabilityLost)
                // Whoever runs the node is told that the process must end.
                try #require(await events.contains(.durabilityLost))
            }
            let ledger = try await Sample.openSQLite()
            #expect(try await ledger.message(try Sample.message(1).id) != nil)
            #expect(try await ledger.message(try Sample.message(2).id) != nil)
            #expect(try await ledger.message(try Sample.message(4).id) == nil)
        }

        @Test func `a failed sync in a checkpoint ends the writing too`() async throws {
            let path = TemporaryFolder.store
            try await #require(processExitsWith: .success) { [path = path as String] in
                var limits = StoreLimits()
                limits.checkpointEveryOperations = 1
                let ledger = try await Sample.openSQLite(at: path, limits: limits)
                // The database itself is synced by checkpoints alone.
                let strace = try await Strace(
                    tracing: "fdatasync,fsync",
                    options: ["-P", path, "-e", "inject=fdatasync,fsync:error=EIO:when=1+"])
                var codes: Set<StoreError.Code> = []
                for ordinal in 1...500 where codes.isEmpty {
                    do { try await ledger.accept(ordinal) } catch let error as StoreError { codes.insert(error.code) }
                }
                _ = try strace.finish()
                try #require(codes == [.durabilityLost])
            }
        }

        @Test func `a failed sync at the closing is told, and the store can be opened again`() async throws {
            let path = TemporaryFolder.store
            try await #require(processExitsWith: .success) { [path = path as String] in
                var limits = StoreLimits()
                limits.checkpointEveryOperations = .max
                let ledger = try await Sample.openSQLite(at: path, limits: limits)
                try await ledger.accept(1)
                let events = ledger.events
                let strace = try await Strace(
                    tracing: "fdatasync,fsync",
                    options: ["-P", path, "-e", "inject=fdatasync,fsync:error=EIO:when=1+"])
                let error = await #expect(throws: StoreError.self) { try await ledger.close() }
                _ = try strace.finish()
                try #require(error?.code == .durabilityLost)
                try #require(await events.contains(.durabilityLost))
                let reopened = try await Sample.openSQLite(at: path)
                try #require(try await reopened.due().numbers == [1])
            }
        }

        @Test func `a disk without room is reported, and the store goes on when there is room`() async throws {
            let path = TemporaryFolder.store
            try await #require(processExitsWith: .success) { [path = path as String] in
                let ledger = try await Sample.openSQLite(at: path)
                try await ledger.accept(1)
                let strace = try await Strace(
                    tracing: "pwrite64,pwritev,ftruncate,fallocate",
                    options: ["-P", path + "-wal", "-e", "inject=pwrite64,pwritev:error=ENOSPC"])
                for _ in 1...3 {
                    let error = await #expect(throws: StoreError.self) { try await ledger.accept(2) }
                    try #require(error?.code == .diskFull)
                }
                _ = try strace.finish()
                try #require(try await ledger.accept(2) == .accepted(try Sample.message(2).id))
                try #require(try await ledger.due().numbers == [1, 2])
            }
        }
    }

    /// `strace`, attached to this very process.
    struct Strace {
        private let process: Process
        private let output: String

        static func canAttach() async -> Bool {
            guard FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else { return false }
            let scope = try? String(contentsOfFile: "/proc/sys/kernel/yama/ptrace_scope", encoding: .utf8)
            return geteuid() == 0 || scope?.first == "0"
        }

        /// Returns once all threads of this process are traced.
        init(tracing calls: String, options: [String]) async throws {
            output = FileManager.default.temporaryDirectory.appendingPathComponent("strace-\(UUID())").path
            process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/strace")
            process.arguments = ["-f", "-y", "-o", output, "-e", "trace=\(calls)", "-p", "\(getpid())"] + options
            let messages = Pipe()
            process.standardError = messages
            // The threads that run tests block signals, and a child inherits that: it could not be told to stop.
            var (none, usual) = (sigset_t(), sigset_t())
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, &usual)
            defer { pthread_sigmask(SIG_SETMASK, &usual, nil) }
            try process.run()
            var said = ""
            while !said.contains("attached") {
                let data = messages.fileHandleForReading.availableData
                try #require(!data.isEmpty, "strace ended: \(said)")
                said += String(decoding: data, as: UTF8.self)
            }
        }

        /// Detaches. Returns a line for each finished call.
        func finish() throws -> [String] {
            process.terminate()
            process.waitUntilExit()
            defer { try? FileManager.default.removeItem(atPath: output) }
            return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
                .filter { $0.contains("(") && !$0.contains("resumed>") }.map(String.init)
        }
    }
#endif
