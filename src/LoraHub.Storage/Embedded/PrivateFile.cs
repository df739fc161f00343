namespace LoraHub.Storage.Embedded;

static class PrivateFile
{
    /// <summary>Creates a file that only the service's user can read.</summary>
    public static FileStream Create(string path, FileOptions options = FileOptions.None)
    {
        var opening = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = options };
        if (!OperatingSystem.IsWindows())
        {
            opening.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, opening);
    }
}
