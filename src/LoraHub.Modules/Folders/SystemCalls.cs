using System.Runtime.InteropServices;

namespace LoraHub.Modules.Folders;

/// <summary>System calls that .NET does not offer. Most exist only on Linux; elsewhere they do nothing, and the caller uses a fallback.</summary>
static partial class SystemCalls
{
    const int CurrentFolder = -100; // AT_FDCWD
    const uint Exchange = 2; // RENAME_EXCHANGE
    const uint LinkCount = 4; // STATX_NLINK
    const int ReadOnly = 0; // O_RDONLY
    const uint GroupAndOthers = 0b111_111; // S_IRWXG and S_IRWXO

    /// <summary>Creates a hard link to a file. Does not follow a symbolic link.</summary>
    /// <returns>False if the name exists, or the file system does not support it.</returns>
    public static bool TryLink(string file, string name) => OperatingSystem.IsLinux() && Link(file, name) == 0;

    /// <summary>Exchanges two folders atomically.</summary>
    /// <returns>False if the file system does not support it; nothing has changed then.</returns>
    public static bool TryExchange(string one, string other)
    {
        try
        {
            return OperatingSystem.IsLinux() && RenameAt2(CurrentFolder, one, CurrentFolder, other, Exchange) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // an old C library
        }
    }

    /// <summary>The number of hard links to a file, or 0 if it is unknown.</summary>
    public static unsafe uint Names(string file)
    {
        const int Size = 256, Offset = 16; // of struct statx and its stx_nlink, the same on every architecture
        var found = stackalloc byte[Size];
        try
        {
            return OperatingSystem.IsLinux() && StatX(CurrentFolder, file, 0, LinkCount, found) == 0 ? *(uint*)(found + Offset) : 0;
        }
        catch (EntryPointNotFoundException)
        {
            return 0;
        }
    }

    /// <summary>Flushes a folder's entries to the disk, so that renames survive a power failure.</summary>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux() || Open(folder, ReadOnly) is not (>= 0 and var opened))
        {
            return;
        }

        _ = FSync(opened); // file systems without support do not need it
        _ = Close(opened);
    }

    /// <summary>Makes all files that this process creates from now on accessible only to its user.</summary>
    public static void MakeFilesPrivate()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = UMask(GroupAndOthers);
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint UMask(uint denied);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatX(int folder, string path, int flags, uint mask, byte* found);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FSync(int opened);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int opened);
}
