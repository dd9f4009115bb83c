import Foundation

/// Writes a line at once, also into a file or a pipe: who follows a run of minutes wants to see where it is.
func tell(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
