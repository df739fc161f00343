using LoraHub.Core;
using LoraHub.Core.Trainings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Tests;

public sealed class DataFolderTests : IDisposable
{
    const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("lorahub-");

    string Data => Path.Combine(_parent.FullName, "of", "clients");

    public void Dispose() => _parent.Delete(recursive: true);

    [Fact]
    public void The_folder_is_accessible_only_to_its_user()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are others there.");

        Assert.Equal(Data, Open());

        Assert.Equal(Private, new DirectoryInfo(Data).UnixFileMode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Data));
    }

    [Fact]
    public void An_existing_folder_keeps_its_permissions()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are others there.");
        Make(Private | UnixFileMode.GroupRead);

        Open();

        Assert.Equal(Private | UnixFileMode.GroupRead, new DirectoryInfo(Data).UnixFileMode);
    }

    [Fact]
    public async Task The_terminal_keeps_its_checkpoints_apart_from_those_of_a_service_on_the_same_folder()
    {
        await using var services = Services();

        await services.GetRequiredService<ITrainingCheckpoints>().SaveAsync("mine", new MemoryStream([1]), TestContext.Current.CancellationToken);

        Assert.True(File.Exists(Path.Combine(Data, "checkpoints", "terminal", "mine.checkpoint")));
    }

    void Make(UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Data).UnixFileMode = mode;
        }
    }

    string Open()
    {
        using var services = Services();
        return services.GetRequiredService<IOptions<DataOptions>>().Value.Path;
    }

    ServiceProvider Services() => new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new("Data:Path", Data)]).Build())
        .AddLogging()
        .AddInMemoryStorage()
        .BuildServiceProvider();
}
