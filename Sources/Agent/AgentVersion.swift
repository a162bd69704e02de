/// The agent's version.
public enum AgentVersion {
    /// Shown by `--version`, `/` and `muster_build_info`.
    public static let current = "0.1.0"
}
