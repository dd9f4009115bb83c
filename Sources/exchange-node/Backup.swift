import ArgumentParser
import Foundation
import SignalExchange

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copies the store into one file, while the node runs.",
        discussion: """
            The copy is of one moment, whole and looked at. It is as sealed as the store: without the keys \
            nobody reads it, so keep a copy of keys/ too, and not beside it (`keys confirm-backup`). Put it on \
            another medium than the store's: the partners are told that it covers what they sent. The node \
            writes it, and must be allowed to.

            EXAMPLE
              exchange-node backup /media/safe/ledger-monday.sqlite --folder nidos
            """)
    @OptionGroup var options: ClientOptions
    @Argument(help: "A new file.") var file: String

    func run() async throws {
        try await reporting {
            try await options.console().backup(to: URL(fileURLWithPath: file).path)
        }
    }
}

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Puts a backup back as the store of a node that does not run.",
        discussion: """
            For a store that is lost or damaged. The store that lies there is kept beside it. When the node is \
            started, its partners find out that its store is older, and it gets back what they hold: what they \
            sent, and what it sent to them. `alarms` and `partners` show it. What was accepted since the backup \
            and had reached nobody is lost: have it handed in again. The command says of what time the backup is, \
            and so does the alarm store-put-back until a person clears it.

            What comes back into the inbox is flagged: it may have been handed over before.

            EXAMPLE
              exchange-node restore /media/safe/ledger-monday.sqlite \\
                --folder nidos --confirm 00000099000000001000
            """)
    @OptionGroup var folder: FolderOptions
    @Argument(help: "A file that `backup` made.") var file: String
    @Option(name: .long, help: "This organisation's OIN: that its store is put back.")
    var confirm: String

    func run() async throws {
        try await reporting {
            let folder = folder.nodeFolder
            let configuration = try await NodeConfiguration.load(from: folder)
            let done = try await StoreCopy.putBack(
                URL(fileURLWithPath: file).path, in: folder, confirmedBy: confirm, of: configuration,
                at: configuration.now)
            print("\(folder.store) is put back, as of \(done.asOf).")
            if let aside = done.aside { print("What was there is kept in \(aside).") }
            print(
                """
                Start the node: it gets back from its partners what this copy does not have. What was accepted since \
                then and had reached nobody is gone: have it handed in again. The alarm store-put-back says so \
                until you clear it.
                """)
        }
    }
}
