import ArgumentParser

@main
struct ExchangeNodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange-node",
        abstract: "Sends, receives and tracks notices of trafficking signals between organisations.",
        discussion: """
            Each organisation runs one node on a folder of its own. Commands speak to the running node over the \
            socket in that folder. An error is one line, with a code that docs/codes.md explains.

            EXIT CODES
              0   done
              1   a fault of ours: report it; or evidence that does not verify
              2   the set-up is wrong: a person changes the folder or the machine
              3   the request is not valid; nothing was queued: correct it
              4   the node does not run, or does not answer: start it, or look at it
              5   not now: a queue is full, a wait over, a store or partner does not answer
              6   a recipient refused, it is held or withdrawn, or a person must decide
              64  the command line is wrong: see --help

            EXAMPLE
              exchange-node init --folder nidos --oin 00000099000000001000 --name Nidos
              exchange-node run --folder nidos
            """,
        subcommands: [
            Init.self, Keys.self, Certificates.self, Card.self, Directory.self, Check.self, MakeNewStore.self,
            Restore.self, Run.self,
            Send.self, Inbox.self, Queue.self, Case.self, Obligations.self, Partners.self, Consumers.self, Alarms.self,
            Reconcile.self, Backup.self, Evidence.self, Catalogue.self, Status.self, Version.self,
        ])
}
