namespace LoraHub.Core;

/// <summary>Tells a full disk from other trouble with files.</summary>
public static class DiskRoom
{
    const int NoSpace = 28, LinuxQuota = 122, MacQuota = 69; // errno

    const int DiskFull = unchecked((int)0x80070070), HandleDiskFull = unchecked((int)0x80070027);

    /// <summary>Whether a file could not be written since its disk has no room, or none for this user.</summary>
    public static bool IsMissing(IOException exception) => exception.HResult switch
    {
        DiskFull or HandleDiskFull => OperatingSystem.IsWindows(),
        NoSpace => !OperatingSystem.IsWindows(),
        LinuxQuota => OperatingSystem.IsLinux(),
        MacQuota => OperatingSystem.IsMacOS(),
        _ => false,
    };
}
