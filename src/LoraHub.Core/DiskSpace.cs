namespace LoraHub.Core;

/// <summary>Distinguishes a full disk from other I/O errors.</summary>
public static class DiskSpace
{
    const int NoSpace = 28, LinuxQuota = 122, MacQuota = 69; // errno

    const int DiskFull = unchecked((int)0x80070070), HandleDiskFull = unchecked((int)0x80070027);

    /// <summary>Whether a write failed because the disk or the user's quota is full.</summary>
    public static bool IsExhausted(IOException exception) => exception.HResult switch
    {
        DiskFull or HandleDiskFull => OperatingSystem.IsWindows(),
        NoSpace => !OperatingSystem.IsWindows(),
        LinuxQuota => OperatingSystem.IsLinux(),
        MacQuota => OperatingSystem.IsMacOS(),
        _ => false,
    };
}
