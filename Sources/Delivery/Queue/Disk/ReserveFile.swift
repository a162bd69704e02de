import Glibc

/// Space on the disk that is kept for the time when there is none.
///
/// To say that a record is settled a queue has to write. If the disk is full it gives this file's space back and uses it
/// for that; records are taken again only when the space could be had back. So a full disk can stop neither the delivery
/// of what is there nor the disappearance of what was delivered.
struct ReserveFile: Sendable {
    /// Where it is.
    let path: String
    /// How many bytes it keeps.
    let size: Int

    /// Takes the space, unless it has it already.
    ///
    /// - Throws: ``QueueError`` if there is none; then it takes nothing.
    func establish() throws(QueueError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw FileSystem.error("open", path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileSystem.error("look at", path, errno) }
        if status.st_size == off_t(size), Int(status.st_blocks) * 512 >= size { return }
        let code = posix_fallocate(descriptor, 0, off_t(size))
        guard code == 0 else {
            ftruncate(descriptor, 0)
            throw FileSystem.error("reserve space in", path, code)
        }
        if status.st_size > off_t(size) { ftruncate(descriptor, off_t(size)) }
    }

    /// Gives the space back.
    func release() {
        truncate(path, 0)
    }
}
