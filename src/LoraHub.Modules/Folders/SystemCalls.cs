using System.Runtime.InteropServices;

namespace LoraHub.Modules.Folders;

/// <summary>What .NET has no call for. Only Linux has all of it: elsewhere nothing is done, and the caller takes the longer way.</summary>
static partial class SystemCalls
{
    const int CurrentFolder = -100; // AT_FDCWD
    const uint Exchange = 2; // RENAME_EXCHANGE
    const uint LinkCount = 4; // STATX_NLINK
    const int ReadOnly = 0; // O_RDONLY
    const uint GroupAndOthers = 0b111_111; // S_IRWXG and S_IRWXO

    /// <summary>Gives the bytes of a file one more name. A symbolic link is not followed.</summary>
    /// <returns>False when the name is taken, or the file system cannot.</returns>
    public static bool TryLink(string file, string name) => OperatingSystem.IsLinux() && Link(file, name) == 0;

    /// <summary>Two folders change places, so that there is no moment without either.</summary>
    /// <returns>False when the file system cannot; then nothing has changed.</returns>
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

    /// <summary>How many names the bytes of a file have, or 0 when that cannot be told.</summary>
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

    /// <summary>Has the names in a folder written to the disk, so that a power cut does not take back what was renamed.</summary>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux() || Open(folder, ReadOnly) is not (>= 0 and var opened))
        {
            return;
        }

        _ = FSync(opened); // a file system that cannot does so by itself
        _ = Close(opened);
    }

    /// <summary>From now on, what this process makes is accessible only to its user, whatever folder it is in.</summary>
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
