import ArgumentParser
import SignalExchange

struct MakeNewStore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-store",
        abstract: "Makes an empty store where the old one is lost for good.",
        discussion: """
            NOT for a disk that is not mounted, and not for a damaged store: keep that, and call somebody.

            The node forgets everything that it sent and received, and gives its numbers again from 1: its partners \
            raise alarms, and answer what it sends under a number that they know with `number-conflict`. What was \
            accepted and not receipted may have told nobody. Telephone every partner before and after.

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
            try await NewStore(folder).replaceLost(confirmedBy: confirm, of: configuration)
            print("\(folder.store) is made, and empty. What was in the old one is not here.")
        }
    }
}
