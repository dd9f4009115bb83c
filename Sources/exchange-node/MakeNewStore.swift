import ArgumentParser
import SignalExchange

struct MakeNewStore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-store",
        abstract: "Makes an empty store where the old one is lost for good.",
        discussion: """
            NOT for a disk that is not mounted, and not for a damaged store: keep that, and `restore` a backup; \
            where there is none, call somebody who knows SQLite before you begin anew.

            Where there is a backup, `restore` it instead. When the node is started on an empty store, its partners \
            find that out, and it gets back what they hold: what they sent, and what it sent to them. What was \
            accepted and had reached nobody is lost: have it handed in again. The alarm store-put-back says so \
            until a person clears it. Systems that follow the inbox begin anew.

            EXAMPLE
              exchange-node new-store --folder nidos --confirm 00000099000000001000
            """)

    @OptionGroup var folder: FolderOptions
    @Option(name: .long, help: "This organisation's OIN: that its store is lost, and the partners are told.")
    var confirm: String

    func run() async throws {
        try await reporting {
            let folder = folder.nodeFolder
            let configuration = try await NodeConfiguration.load(from: folder)
            try await NewStore(folder).replaceLost(
                confirmedBy: confirm, of: configuration, at: configuration.now)
            print(
                """
                \(folder.store) is made, and empty. What was in the old one is not here. What was accepted and had \
                reached nobody is gone: have it handed in again. The alarm store-put-back says so until you clear it.
                """)
        }
    }
}
