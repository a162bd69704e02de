import Glibc

/// Leads the standard output nowhere until it ends.
struct SilentOutput {
    private let kept: Int32

    init() throws {
        fflush(nil)
        kept = dup(STDOUT_FILENO)
        let nowhere = open("/dev/null", O_WRONLY)
        guard kept >= 0, nowhere >= 0, dup2(nowhere, STDOUT_FILENO) >= 0 else {
            throw BenchError("cannot lead the output to /dev/null: \(String(cString: strerror(errno)))")
        }
        close(nowhere)
    }

    func end() {
        fflush(nil)
        dup2(kept, STDOUT_FILENO)
        close(kept)
    }
}
