import Foundation

/// The terminal that a command prints to.
enum Terminal {
    /// How many characters a line of it has room for; `nil` where standard output is none, or does not say.
    static var width: Int? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }
}

extension String {
    /// For a terminal: what a partner wrote must not move the cursor, hide a line or set the clipboard. Controls, and
    /// what changes the direction or the lines of a text, are spelled as JSON escapes, so that JSON stays JSON.
    ///
    /// - Parameter keepsLineFeeds: for a text that is laid out in lines by this program.
    package func escapingControls(keepsLineFeeds: Bool = false) -> String {
        var shown = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where keepsLineFeeds && scalar == "\n": shown.unicodeScalars.append(scalar)
            case .control, .format, .lineSeparator, .paragraphSeparator:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    shown += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
