using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Security;

public sealed class PrivateFileTests
{
    const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>What .NET gives for a path that does not exist.</summary>
    const UnixFileMode Gone = (UnixFileMode)(-1);

    [Fact]
    public async Task What_the_service_makes_in_an_open_folder_is_accessible_only_to_its_user()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are others there.");
        var data = Directory.CreateTempSubdirectory("lorahub-");
        Open(data);
        await using (var host = await TestHostProcess.StartAsync(data.FullName))
        {
            var client = await host.ReadyAsync();
            await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""", ("Prefer", "wait"));
            using var form = new MultipartFormDataContent { { new StringContent("text"), "content", "file.txt" } };
            using var uploaded = await client.PostAsync(new Uri("/v1/files", UriKind.Relative), form, TestContext.Current.CancellationToken);
            uploaded.EnsureSuccessStatusCode();
            await client.PublishedAsync("some/module", [1]);
            await client.GetJsonAsync("/v1/webhooks/default/secret");

            var made = data.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).ToArray();

            Assert.Contains(made, entry => entry.Name == "lorahub.db");
            Assert.Contains(made, entry => entry.Name == "webhook.key");
            Assert.All(made, entry => Assert.True(IsPrivate(entry), $"{entry.FullName} is {ModeOf(entry)}."));
        }

        data.Delete(recursive: true);
    }

    [Fact]
    public async Task A_damaged_key_stops_the_start_with_the_remedy()
    {
        var data = Directory.CreateTempSubdirectory("lorahub-");
        await File.WriteAllBytesAsync(Path.Combine(data.FullName, "stream.key"), [], TestContext.Current.CancellationToken);

        var run = await FinishedRun.OfAsync(data.FullName, ["--urls", "http://127.0.0.1:0"]);

        Assert.Equal(1, run.Code);
        Assert.Matches("lorahub cannot start: The key file .*stream.key is damaged: .* Put a backup in its place", run.Error);
        data.Delete(recursive: true);
    }

    static void Open(DirectoryInfo folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            folder.UnixFileMode |= UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        }
    }

    /// <summary>Also of what has been deleted meanwhile, such as the folder of a run that has ended.</summary>
    static bool IsPrivate(FileSystemInfo entry) => ModeOf(entry) is var mode && (mode == Gone || (mode & Others) == UnixFileMode.None);

    static UnixFileMode ModeOf(FileSystemInfo entry) => OperatingSystem.IsWindows() ? UnixFileMode.None : entry.UnixFileMode;
}
