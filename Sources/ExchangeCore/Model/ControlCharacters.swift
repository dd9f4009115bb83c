extension Unicode.Scalar {
    /// C0, DEL and C1 (category Cc of Unicode): what a terminal or a log takes for a command, or for a line of its own.
    ///
    /// The category has these 65 for ever (Unicode's stability policy); to look each scalar up took a twelfth of all that a
    /// node does for a message of 4 KiB that it receives.
    package var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}

extension String {
    package var hasControlCharacters: Bool { unicodeScalars.contains(where: \.isControl) }

    /// The text with a space in the place of each control character (`protocol.md` §1.2).
    package var withoutControlCharacters: String {
        guard hasControlCharacters else { return self }
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars { scalars.append(scalar.isControl ? " " : scalar) }
        return String(scalars)
    }
}
