import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

/// How the node runs a program of this machine.
@Suite struct LocalProgramTests {
    /// All tests share the threads of this process, and a test may wait long for its turn.
    private static let longMaximum = Milliseconds.minutes(5)

    private func run(_ script: String, input: [UInt8] = [], within limit: Milliseconds = Self.longMaximum) async throws
        -> LocalProgram.End
    {
        try await LocalProgram(path: "/bin/sh", arguments: ["-c", script]).run(
            input: input, within: limit, clock: NodeClock())
    }

    @Test func `it finds nothing of the node's own: no variable, no open file, and its folder is the root`()
        async throws
    {
        // As a library might leave it: open in whatever is started.
        let open = (0..<64).map { _ in Foundation.open("/dev/null", O_RDONLY) }
        defer { for descriptor in open { close(descriptor) } }
        setenv("EXCHANGE_NODE_SECRET_OF_TEST", "secret", 1)
        let end = try await run("env; pwd; ls /proc/self/fd | wc -l")
        #expect(end.isSuccess && !end.output.contains("EXCHANGE_NODE"), "\(end.output)")
        let names = end.output.split(separator: "\n").filter { $0.contains("=") }.compactMap {
            $0.split(separator: "=").first
        }
        // The shell adds the folder of its own accord.
        #expect(Set(names).subtracting(["PWD", "OLDPWD", "SHLVL", "_"]) == ["PATH", "LANG"], "\(end.output)")
        let last = end.output.split(separator: "\n").suffix(2)
        // Three, and the one by which the folder is read.
        #expect(last == ["/", "4"], "\(end.output)")
    }

    @Test func `it reads what it is given to the end, and is judged by how it ends`() async throws {
        let end = try await run("cat; echo also >&2; exit 7", input: Array("an entry\n".utf8))
        #expect(!end.isSuccess && end.text == "exited with status 7" && end.output == "an entry\nalso\n")
        #expect(try await run("kill -9 $$").text == "was ended by signal 9")
        // Whoever reads nothing ends before the input does, sooner or later.
        for _ in 1...30 {
            #expect(try await run("exit 0", input: [UInt8](repeating: 0x61, count: 60_000)).isSuccess)
        }
    }

    @Test func `of what it writes the end is kept, however much it is`() async throws {
        let end = try await run("head -c 3000000 /dev/zero | tr '\\0' a; echo; echo the end")
        #expect(end.isSuccess && end.output.hasSuffix("a\nthe end\n"))
        #expect(end.output.utf8.count == LocalProgram.outputMaximumBytes)
    }

    @Test func `what it leaves running behind it does not keep it`() async throws {
        // It has the output open for longer than the limit.
        let end = try await run("sleep 900 & echo $!")
        #expect(end.isSuccess)
        if let left = Int32(end.output.filter(\.isNumber)) { kill(left, SIGKILL) }
    }

    @Test func `over its limit it is ended with all that it started, also where it is deaf`() async throws {
        let folder = try TemporaryFolder(prefix: "lp")
        defer { try? folder.remove() }
        let file = folder.url.appending(path: "children").path
        let error = try await #require(throws: NodeError.self) {
            _ = try await run("trap '' TERM; sleep 60 & echo $! > \(file); wait; sleep 60", within: .seconds(1))
        }
        #expect(error.code == .programFailed && error.message.contains("within 1 seconds"))
        let child = try #require(Int32(try String(contentsOfFile: file, encoding: .utf8).filter(\.isNumber)))
        // Reaped by whoever takes in orphans, which may be a moment later.
        _ = try await within(.seconds(10), "the child to be gone") {
            try await poll {
                let status = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
                return status.map { $0.contains(") Z") } ?? true ? true : nil
            }
        }
    }

    @Test func `what cannot be run is said`() async throws {
        let error = try await #require(throws: NodeError.self) {
            _ = try await LocalProgram(path: "/nowhere/at-all").run(
                input: [], within: Self.longMaximum, clock: NodeClock())
        }
        #expect(error.code == .programFailed && error.message.contains("/nowhere/at-all could not be run"))
    }

    /// A program in `c`, to which `a/first` leads by a link in `between`.
    private func chain(in folder: URL) throws -> LocalProgram {
        for name in ["a", "between", "c"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: name), withIntermediateDirectories: false)
        }
        let program = folder.appending(path: "c/program").path
        try Data("#!/bin/sh\n".utf8).write(to: URL(filePath: program))
        try #require(chmod(program, 0o755) == 0)
        try #require(symlink("../c/program", folder.appending(path: "between/second").path) == 0)
        let first = folder.appending(path: "a/first").path
        try #require(symlink(folder.appending(path: "between/second").path, first) == 0)
        return LocalProgram(path: first)
    }

    @Test func `each folder of a chain of links to it is looked at, and one where others may write is refused`() throws
    {
        let folder = try TemporaryFolder(prefix: "lp")
        defer { try? folder.remove() }
        let program = try chain(in: folder.url)
        try program.demandOwn("escalation.command")
        for name in ["a", "between", "c"] {
            let place = folder.url.appending(path: name).path
            try #require(chmod(place, 0o777) == 0)
            let error = try #require(throws: NodeError.self) { try program.demandOwn("escalation.command") }
            #expect(error.code == .configurationInvalid, "\(error)")
            #expect(error.message.contains("others may write into") && error.message.contains("/\(name),"), "\(error)")
            try #require(chmod(place, 0o755) == 0)
        }
        try program.demandOwn("escalation.command")
    }

    @Test func `a folder that is itself a link is followed to where it is`() throws {
        let folder = try TemporaryFolder(prefix: "lp")
        defer { try? folder.remove() }
        _ = try chain(in: folder.url)
        // a/folder, between/folder, and c at last.
        try #require(symlink("../c", folder.url.appending(path: "between/folder").path) == 0)
        try #require(symlink("../between/folder", folder.url.appending(path: "a/folder").path) == 0)
        let program = LocalProgram(path: folder.url.appending(path: "a/./folder/program").path)
        try program.demandOwn("escalation.command")
        try #require(chmod(folder.url.appending(path: "between").path, 0o777) == 0)
        let error = try #require(throws: NodeError.self) { try program.demandOwn("escalation.command") }
        #expect(error.message.contains("/between,"), "\(error)")
        let circle = folder.url.appending(path: "c/circle").path
        try #require(symlink(circle, circle) == 0)
        #expect(throws: NodeError.self) { try LocalProgram(path: circle).demandOwn("escalation.command") }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a link to another user"))
    func `a link of another user is refused, also where nobody else may write into its folder`() throws {
        let folder = try TemporaryFolder(prefix: "lp")
        defer { try? folder.remove() }
        let program = try chain(in: folder.url)
        try #require(lchown(folder.url.appending(path: "between/second").path, 65_534, 65_534) == 0)
        let error = try #require(throws: NodeError.self) { try program.demandOwn("escalation.command") }
        #expect(error.message.contains("between/second is another's link"), "\(error)")
    }
}
