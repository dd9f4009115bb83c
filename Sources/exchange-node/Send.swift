import ArgumentParser
import Foundation
import SignalExchange

struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends a message: one JSON file, or one JSON object a line from standard input.",
        discussion: """
            Leave `recipients` out to tell everyone who must be told of this type. The node answers with the \
            message's id once it is durable; --wait goes on until every recipient's receipt is here.

            EXIT CODES
              0  accepted; with --wait, everyone has been told
              3  not valid; nothing was queued
              4  the node is not running: try again with the same key
              5  not now, or with --wait: accepted, and somebody has not been told yet
              6  with --wait: accepted, and refused by a recipient, held or withdrawn

            EXAMPLE
              exchange-node send signal.json --folder avim --dry-run
              exchange-node send signal.json --folder avim --key case-17-signal --wait 30
              cat many.jsonl | exchange-node send - --folder avim --key batch-2026-11-23
            """)

    @OptionGroup var options: ClientOptions
    @Argument(help: "A JSON file, or - for JSON lines on standard input.") var file: String
    @Option(name: .long, help: "Idempotency key: the same key and content make one message, however often sent.")
    var key: String?
    @Flag(name: .long, help: "Send nothing: show what goes to whom, on what ground, and who is left out.")
    var dryRun = false
    @Option(name: .long, help: "Wait this many seconds for all receipts (1 to 600).") var wait: Int64?

    func validate() throws {
        if let wait, !(1...600).contains(wait) { throw ValidationError("--wait takes 1 to 600 seconds") }
        if dryRun, file == "-" || wait != nil || key != nil {
            throw ValidationError("--dry-run goes with a file alone")
        }
        if wait != nil, file == "-" { throw ValidationError("--wait goes with a file, not with standard input") }
    }

    func run() async throws {
        try await reporting {
            if file == "-" {
                let sending = BulkSending(client: try await options.client())
                let count = try await sending.sendStandardInput(keyPrefix: key, printsJSON: options.json)
                FileHandle.standardError.write(Data("\(count) accepted\n".utf8))
            } else {
                let bytes = try SubmissionFile.read(file)
                guard !dryRun else { return try await options.caseConsole().check(bytes) }
                try await options.console().send(bytes, key: key, waitSeconds: wait)
            }
        }
    }
}
