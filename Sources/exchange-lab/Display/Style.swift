/// How a piece of text is shown where the terminal has colours.
enum Style: Int, Sendable {
    case bold = 1
    case dim = 2
    case red = 31
    case green = 32
    case yellow = 33
    case blue = 34
}

/// Whether colours are used. Without them every text reads the same.
struct Palette: Sendable {
    let usesColour: Bool

    func callAsFunction(_ text: String, _ style: Style) -> String {
        usesColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}
