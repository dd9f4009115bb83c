import ArgumentParser
import SignalExchange

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a node's folder: configuration, keys and certificate requests, an empty store.",
        discussion: """
            The requests in certificates/*.csr go to your authority; put what it issues beside them as *.crt, its \
            root into trust/anchors.pem, what stands between into trust/intermediates.pem, its revocation lists into \
            crl/, the community's signed directory into directory.cms, and the certificate of the body that signs it \
            into trust/directory.crt.

            Keep a copy of keys/ on another medium before the first message, and confirm it with `keys \
            confirm-backup`: without keys/archive.key nothing in the store can be read again. Until then the node \
            warns at each start.

            EXAMPLE
              exchange-node init --folder nidos --oin 00000099000000001000 \\
                --name "Nidos (test)" --host 0.0.0.0 --port 4101
            """)

    @OptionGroup var folder: FolderOptions
    @Option(name: .long, help: "The organisation's OIN, 20 positions.") var oin: String
    @Option(name: .long, help: "The organisation's name, as its certificates have it.") var name: String
    @Option(name: .long, help: "The address to listen on for partners.") var host = "127.0.0.1"
    @Option(name: .long, help: "The port to listen on for partners.") var port = 8443
    @Flag(name: .long, help: "Make RSA-3072 keys (PKIoverheid issues RSA) in place of P-256.") var rsa = false

    func run() async throws {
        try await reporting {
            let plan = try FolderMaker.Plan(oin: oin, name: name, host: host, port: port, usesRSA: rsa)
            let folder = folder.nodeFolder
            try await FolderMaker(folder: folder, plan: plan).make()
            print(
                """
                \(folder.path) is made. Next:
                  1. copy \(folder.path)/keys to another medium, keep it safe, and confirm the copy:
                     exchange-node keys confirm-backup COPY_FOLDER --folder \(folder.path)
                  2. have the three requests in \(folder.path)/certificates signed
                  3. put trust/, crl/ and directory.cms in place (`exchange-node init --help`)
                  4. exchange-node run --folder \(folder.path)
                """)
        }
    }
}
