import ArgumentParser
import SignalExchange

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a node's folder: configuration, keys and certificate requests, an empty store.",
        discussion: """
            The requests in certificates/*.csr go to your authority; `certificates install` puts what it issues in \
            place: certificates, root, what stands between, revocation lists. Where you have keys with certificates \
            already, --certificates takes them: signing.key and signing.crt, agreement.key and .crt, tls.key and .crt.

            Partners, and the directory that names them, come with `card` and `directory`: docs/pairing.md is the \
            way, on one page.

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
    @Option(
        name: .long,
        help: .init("Take the keys and certificates of this folder, and make none.", valueName: "dir"))
    var certificates: String?
    @Flag(name: .long, help: "Make RSA-3072 keys (PKIoverheid issues RSA) in place of P-256.") var rsa = false

    func run() async throws {
        try await reporting {
            var plan = try FolderMaker.Plan(oin: oin, name: name, host: host, port: port, usesRSA: rsa)
            if let certificates { plan.issued = try IssuedKeys(in: certificates, of: plan.oin) }
            let folder = folder.nodeFolder
            try await FolderMaker(folder: folder, plan: plan).make()
            print(
                """
                \(folder.path) is made. Next:
                  1. copy \(folder.path)/keys to another medium, keep it safe, and confirm the copy:
                     exchange-node keys confirm-backup COPY_FOLDER --folder \(folder.path)
                  2. \(certificates == nil ? "have the three requests in \(folder.path)/certificates signed, and install" : "install")
                     what your authority issued:
                     exchange-node certificates install FILES --root ROOT --folder \(folder.path)
                  3. exchange card and fingerprint with each partner (docs/pairing.md)
                  4. exchange-node run --folder \(folder.path)
                """)
        }
    }
}
