/// Why a stored state cannot be used.
enum StoredStateError: Error, Hashable, CustomStringConvertible {
    /// A later version of the program wrote it.
    case unknownVersion
    /// It ends early, has too much, or its checksum is another.
    case damaged
    /// It can be read, but nothing could be in that state.
    case impossible(String)

    var description: String {
        switch self {
        case .unknownVersion: "of an unknown version"
        case .damaged: "damaged"
        case .impossible(let message): message
        }
    }
}
