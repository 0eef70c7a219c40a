import CLinux
import Glibc

/// Which files this process may open, by Landlock.
enum FileSystemAccess {
    /// For name resolution, its plug-ins included, TLS and time zones; `/dev` as some libraries expect it.
    private static let readAlways = [
        "/etc/resolv.conf", "/run/systemd/resolve", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf",
        "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/ssl", "/etc/pki", "/etc/ca-certificates",
        "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/usr/lib/ssl", "/etc/localtime",
        "/usr/share/zoneinfo", "/etc/ld.so.cache", "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/proc",
        "/sys/class/net", "/sys/devices", "/dev/urandom", "/dev/random",
    ]
    private static let readWriteAlways = ["/dev/null"]

    /// The rights to read; those that fit a file.
    private static let read = UInt64(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
    private static let execute = UInt64(LANDLOCK_ACCESS_FS_EXECUTE)
    private static let truncate: UInt64 = 1 << 14
    private static let controlDevice: UInt64 = 1 << 15
    private static let ofFiles = UInt64(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE) | truncate

    /// Restricts the calling thread, and what it starts; says what became of it.
    static func restrict(readPaths: [String], readWritePaths: [String]) -> String {
        let version = clinux_landlock_version()
        guard version > 0 else { return Privileges.failed("Landlock") }
        let handled = known(to: version)
        let number = clinux_landlock_create(handled)
        guard number >= 0 else { return Privileges.failed("Landlock") }
        defer { close(number) }
        var missing: [String] = []
        for path in readAlways { _ = allow(path, read, in: number) }
        for path in readWriteAlways { _ = allow(path, handled & ofFiles, in: number) }
        for path in readPaths where !allow(path, read, in: number) { missing.append(path) }
        for path in readWritePaths where !allow(path, handled & ~execute, in: number) { missing.append(path) }
        guard clinux_landlock_restrict(number) == 0 else { return Privileges.failed("Landlock") }
        let lost = missing.isEmpty ? "" : "; not to be opened for now or later: \(missing.joined(separator: ", "))"
        return "files restricted (Landlock \(version))" + lost
    }

    /// Every kind of access that a version of Landlock can restrict, up to the fifth.
    private static func known(to version: Int32) -> UInt64 {
        // The first 13 bits were there from the start.
        var access: UInt64 = 1 << 13 - 1
        if version >= 2 { access |= UInt64(LANDLOCK_ACCESS_FS_REFER) }
        if version >= 3 { access |= truncate }
        if version >= 5 { access |= controlDevice }
        return access
    }

    private static func allow(_ path: String, _ access: UInt64, in ruleset: Int32) -> Bool {
        let file = clinux_open_place(path)
        guard file >= 0 else { return false }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { return false }
        // Rights that concern folders are refused for files.
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        return clinux_landlock_allow(ruleset, file, isFolder ? access : access & ofFiles) == 0
    }

    /// How many entries a folder has; 0 if it cannot be read.
    static func entries(_ path: String) -> Int {
        guard let folder = opendir(path) else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) { if entry.pointee.d_name.0 != UInt8(ascii: ".") { count += 1 } }
        return count
    }
}
