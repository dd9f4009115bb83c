import ArgumentParser
import SignalExchange

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks after the node's private keys.",
        discussion: "EXAMPLE\n  exchange-node keys confirm-backup /media/safe/keys --folder nidos",
        subcommands: [ConfirmBackup.self])

    struct ConfirmBackup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "confirm-backup",
            abstract: "Confirms that a copy of the node's keys is on another medium.",
            discussion: """
                Compares the copy with the node's keys, byte by byte, and notes it in keys/backup-confirmed. \
                Nothing of a key is printed. The copy may hold more: the keys of before. When a key of the node \
                changes, the confirmation no longer holds; copy and confirm again. The node may run meanwhile.

                EXIT CODES
                  0  every key file is in the copy
                  2  a file of the copy is missing, differs, or is the node's own

                EXAMPLE
                  cp -a nidos/keys /media/safe/
                  exchange-node keys confirm-backup /media/safe/keys --folder nidos
                """)
        @OptionGroup var folder: FolderOptions
        @Argument(help: "The copy of keys/, or the folder that it lies in.") var copyFolder: String

        func run() async throws {
            try await reporting {
                let found = try KeyBackup(of: folder.nodeFolder).confirm(copyAt: copyFolder)
                print("\(found.path) holds all \(found.fileCount) key files of the node. The copy is confirmed.")
                if found.isOnSameDisk {
                    print("It is on the same disk as the node, and dies with it: put a copy on another medium too.")
                }
            }
        }
    }
}
