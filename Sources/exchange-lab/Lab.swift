import ArgumentParser
@_spi(Programs) import ExchangeTesting
import Foundation

struct Lab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Starts nodes on this machine for the tests of another system, and does to them what it is told.",
        discussion: """
            Says where each node is, then that all listen, then reads commands from standard input, one a line, and \
            answers each with one line. Ends with the end of its input, and leaves no process, port or file.

            COMMANDS
              kill NODE             SIGKILL, as a crash
              stop NODE             SIGTERM, as an operator
              start NODE            on the same folder and port
              restart NODE          stop where it runs, and start
              pause NODE            hangs: takes connections, answers nothing
              resume NODE           goes on
              partition NODE NODE   parts two nodes in both directions
              partition NODE        parts a node from all others
              heal [NODE NODE]      takes back all partitions, or that of a pair
              quit                  as the end of the input
            As JSON: {"do":"partition","node":"nidos","from":"avim"}

            EXIT CODES
              0  ended by quit or the end of its input, and everything is put away
              1  the nodes could not be started, or something is left behind; it is named
              128 and more  ended by that signal, such as 130 by Ctrl-C
              64 the command line is wrong

            EXAMPLE
              exchange-lab lab --nodes 3 --json
            """)

    @Option(name: .long, help: "How many nodes: 2 to 16.") var nodes = 3
    @Flag(name: .long, help: "Say everything as JSON, one object a line.") var json = false

    func validate() throws {
        guard (2...LocalExchange.maximumNodes).contains(nodes) else {
            throw ValidationError("--nodes takes 2 to \(LocalExchange.maximumNodes)")
        }
    }

    func run() async throws {
        let session = LabSession(nodeCount: nodes, voice: LabVoice(printsJSON: json), input: StandardInput())
        throw ExitCode(await Interruption.run { await session.run() })
    }
}
