import Foundation
import Testing

/// Runs `scripts/setup.sh` on a machine that is made up: the commands that it asks about the machine, and with which it
/// changes it, are stand-ins that answer from files and write down how they were called.
@Suite struct SetUpTests {
    private let machine: MadeUpMachine

    init() throws { machine = try MadeUpMachine() }

    @Test func `a machine that has everything is left alone`() throws {
        let run = try machine.setUp()
        #expect(run.exitStatus == 0, "\(run.said)")
        #expect(run.said == "set-up: all is there (OpenSSL 3.0.22-1~deb12u2)\n")
        #expect(try machine.calls() == "")
    }

    @Test func `what is missing is named and installed, and nothing else`() throws {
        try machine.remove("zlib1g-dev", "libbcmail-java")
        let run = try machine.setUp()
        #expect(run.exitStatus == 0, "\(run.said)")
        #expect(run.said.contains("set-up: installing zlib1g-dev libbcmail-java\n"))
        let calls = try machine.calls()
        #expect(calls.contains("update"))
        #expect(calls.contains("install --yes --no-install-recommends zlib1g-dev libbcmail-java"))
    }

    @Test func `an OpenSSL that accepts forged messages is upgraded in all its parts`() throws {
        try machine.install("3.0.20-1~deb12u2", for: "libssl3", "libssl-dev", "openssl")
        let run = try machine.setUp()
        #expect(run.exitStatus == 0, "\(run.said)")
        #expect(try machine.calls().contains("install --yes --no-install-recommends libssl3 libssl-dev openssl"))
    }

    @Test func `an OpenSSL that stays old is a failure that names the cause`() throws {
        try machine.install("3.0.20-1~deb12u2", for: "libssl3")
        try machine.offer("3.0.20-1~deb12u2")
        let run = try machine.setUp()
        #expect(run.exitStatus == 1)
        #expect(run.said.contains("still missing or too old: libssl3. OpenSSL 3.0.22 comes from Debian security"))
    }

    @Test func `a user without the right to install gets the one command and status 3`() throws {
        try machine.remove("libsqlite3-dev")
        try machine.become(user: 1000, maySudo: false)
        let run = try machine.setUp()
        #expect(run.exitStatus == 3)
        #expect(
            run.said.contains(
                #"sudo sh -c "apt-get update && apt-get install --yes --no-install-recommends libsqlite3-dev""#))
        #expect(try machine.calls() == "")
    }

    @Test func `a user with that right installs through sudo`() throws {
        try machine.remove("libsqlite3-dev")
        try machine.become(user: 1000, maySudo: true)
        let run = try machine.setUp()
        #expect(run.exitStatus == 0, "\(run.said)")
        #expect(try machine.calls().contains("install --yes --no-install-recommends libsqlite3-dev"))
    }

    @Test(arguments: ["6.2.4", "5.10.1"])
    func `a Swift that is too old is named before anything is installed`(version: String) throws {
        try machine.remove("libsqlite3-dev")
        try machine.useSwift(version)
        let run = try machine.setUp()
        #expect(run.exitStatus == 4)
        #expect(run.said.contains("Swift \(version) is too old: 6.3 or later is needed"))
        #expect(try machine.calls() == "")
    }

    @Test func `a failure of apt is a failure of the set-up`() throws {
        try machine.remove("libsqlite3-dev")
        try machine.breakApt()
        #expect(try machine.setUp().exitStatus == 1)
    }
}

/// A folder of stand-ins for `swift`, `id`, `sudo`, `dpkg-query`, `apt-get`, `java` and `javac`.
private final class MadeUpMachine: Sendable {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "set-up-\(UUID().uuidString)")
        for part in ["bin", "packages"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: part), withIntermediateDirectories: true)
        }
        try write("3.0.22-1~deb12u2", to: "offered")
        try write("", to: "calls")
        try standIn("swift", "echo 'Swift version 6.3.1 (swift-6.3.1-RELEASE)'")
        try standIn("java", "")
        try standIn("javac", "")
        try standIn(
            "dpkg-query",
            #"""
            for package; do :; done
            [ -f "$MACHINE/packages/$package" ] && echo "installed $(cat "$MACHINE/packages/$package")"
            """#)
        try standIn(
            "apt-get",
            #"""
            echo "$*" >>"$MACHINE/calls"
            for word; do case $word in
                [a-z]*[a-z0-9]) [ "$word" = install ] || cp "$MACHINE/offered" "$MACHINE/packages/$word" ;;
            esac; done
            """#)
        try become(user: 0, maySudo: false)
        try install(
            "3.0.22-1~deb12u2", for: "libssl3", "libssl-dev", "openssl", "libsqlite3-dev", "zlib1g-dev", "make",
            "libbcmail-java", "python3-jsonschema", "strace", "curl", "jq", "python3-venv")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func install(_ version: String, for packages: String...) throws {
        for package in packages { try write(version, to: "packages/\(package)") }
    }

    func remove(_ packages: String...) throws {
        for package in packages {
            try FileManager.default.removeItem(at: folder.appending(path: "packages/\(package)"))
        }
    }

    /// The version that apt installs.
    func offer(_ version: String) throws { try write(version, to: "offered") }

    func become(user: Int, maySudo: Bool) throws {
        try standIn("id", "echo \(user)")
        try standIn("sudo", maySudo ? "shift; exec \"$@\"" : "exit 1")
    }

    func useSwift(_ version: String) throws { try standIn("swift", "echo 'Swift version \(version) (a release)'") }

    func breakApt() throws { try standIn("apt-get", "exit 100") }

    /// How apt was called, a line each.
    func calls() throws -> String { try String(contentsOf: folder.appending(path: "calls"), encoding: .utf8) }

    func setUp() throws -> CommandRun {
        let environment = ["PATH": folder.appending(path: "bin").path + ":/usr/bin:/bin", "MACHINE": folder.path]
        return try CommandRun.of("scripts/setup.sh", environment: environment)
    }

    private func standIn(_ name: String, _ script: String) throws {
        try write("#!/bin/sh\n\(script)\n", to: "bin/\(name)")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: folder.appending(path: "bin/\(name)").path)
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: folder.appending(path: path))
    }
}
