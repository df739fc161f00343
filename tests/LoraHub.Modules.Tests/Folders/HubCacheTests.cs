using LoraHub.Core;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.Tests.Folders;

/// <summary>The cache of the Hugging Face tools as a folder of models and modules.</summary>
public sealed class HubCacheTests : IDisposable
{
    const string First = "aaaa000000000000000000000000000000000000", Second = "bbbb000000000000000000000000000000000000";

    readonly string _cache = Directory.CreateTempSubdirectory("lorahub-hub-").FullName;

    public void Dispose() => Directory.Delete(_cache, recursive: true);

    [Fact]
    public void A_model_is_found_by_its_id_in_the_snapshot_of_its_main_branch()
    {
        var folder = Snapshot("models--google--flan-t5-small", First);
        Snapshot("models--google--flan-t5-small", Second);
        Main("models--google--flan-t5-small", First);
        var path = new SearchPath([_cache]);

        Assert.Equal(folder, path.Find("google/flan-t5-small"));
        Assert.Equal([("google/flan-t5-small", folder)], path.All());
        Assert.Equal("{}", File.ReadAllText(Path.Combine(path.Find("google/flan-t5-small")!, "config.json")));
    }

    [Fact]
    public void Without_a_main_branch_the_newest_commit_is_used()
    {
        Directory.SetLastWriteTimeUtc(Snapshot("models--o--m", First), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var last = Snapshot("models--o--m", Second);

        Assert.Equal(last, new SearchPath([_cache]).Find("o/m"));
    }

    [Theory]
    [InlineData("../../../etc")]
    [InlineData("/etc")]
    [InlineData("..")]
    [InlineData("")]
    public void A_branch_file_without_a_valid_commit_never_leads_outside_the_cache(string commit)
    {
        var folder = Snapshot("models--o--m", First);
        Main("models--o--m", commit);

        Assert.Equal(folder, new SearchPath([_cache]).Find("o/m"));
    }

    [Fact]
    public void Old_ids_without_an_owner_are_found_under_their_current_ids()
    {
        var folder = Snapshot("models--t5-small", First);
        var path = new SearchPath([_cache]);

        Assert.Equal(folder, path.Find("google-t5/t5-small"));
        Assert.Equal(folder, path.Find("t5-small"));
        Assert.Equal(["google-t5/t5-small"], path.All().Select(pair => pair.Id));
    }

    [Fact]
    public void Folders_inside_the_cache_are_not_models()
    {
        Snapshot("models--o--t5", First);
        Directory.CreateDirectory(Path.Combine(_cache, "models--o--empty", "blobs"));
        Directory.CreateDirectory(Path.Combine(_cache, ".locks", "models--o--t5"));
        var path = new SearchPath([_cache, Path.GetDirectoryName(_cache)!]);

        Assert.Equal(["o/t5"], new SearchPath([_cache]).All().Select(pair => pair.Id));
        Assert.Null(path.Find("models--o--t5/blobs"));
        Assert.Null(path.Find("models--o--t5/snapshots"));
        Assert.Null(path.Find($"{Path.GetFileName(_cache)}/models--o--t5"));
        Assert.Null(path.Find("o/empty"));
    }

    [Theory]
    [InlineData("models--o/t5")]
    [InlineData("o/models--t5")]
    public void A_module_cannot_have_the_name_of_a_folder_of_the_cache(string id) => Assert.False(ModelId.IsValid(id));

    [Fact]
    public void A_module_does_not_hide_a_base_model_of_the_same_name()
    {
        File.WriteAllText(Path.Combine(Snapshot("models--o--t5", First), "model.safetensors"), "");
        var own = Directory.CreateDirectory(Path.Combine(_cache, "own", "o", "t5")).FullName;
        File.WriteAllText(Path.Combine(own, ModuleFiles.Config), "{}");
        var path = new SearchPath([Path.Combine(_cache, "own"), _cache]);

        Assert.Equal(own, path.Find("o/t5"));
        var bases = new BaseModels(path, "o/other");
        Assert.Equal(new SearchPath([_cache]).Find("o/t5"), bases.Find("o/t5"));
        Assert.Equal(["o/t5"], bases.Known);
    }

    [Fact]
    public void Own_folders_come_before_the_cache()
    {
        Snapshot("models--o--t5", First);
        var own = Directory.CreateDirectory(Path.Combine(_cache, "own", "o", "t5")).FullName;

        Assert.Equal(own, new SearchPath([Path.Combine(_cache, "own"), _cache]).Find("o/t5"));
    }

    [Theory]
    [InlineData("HF_HUB_CACHE", "")]
    [InlineData("HF_HOME", "hub")]
    public void The_variables_of_the_Hugging_Face_tools_name_a_cache_that_is_only_read(string variable, string below)
    {
        var home = Path.Combine(_cache, "home");
        var folder = Directory.CreateDirectory(Path.Combine(home, below, "models--o--m", "snapshots", First)).FullName;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(variable, home)]).Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration)
            .AddSingleton(Options.Create(new DataOptions { Path = Path.Combine(_cache, "data") })).AddModuleLibrary().BuildServiceProvider();

        var path = services.GetRequiredService<SearchPath>();

        Assert.Equal(folder, path.Find("o/m"));
        Assert.False(path.IsOwned(folder));
    }

    [Fact]
    public void The_size_and_the_stamp_of_a_linked_file_are_those_of_its_content()
    {
        var folder = Snapshot("models--o--m", First);
        var before = BaseModels.Stamp(folder);
        var blob = Path.Combine(_cache, "models--o--m", "blobs", "c");
        File.WriteAllText(blob, "{\"longer\": true}");

        Assert.NotEqual(before, BaseModels.Stamp(folder));
    }

    /// <summary>Creates a snapshot with a link to a blob, as the tools do.</summary>
    string Snapshot(string model, string commit)
    {
        var blobs = Directory.CreateDirectory(Path.Combine(_cache, model, "blobs")).FullName;
        File.WriteAllText(Path.Combine(blobs, "c"), "{}");
        var folder = Directory.CreateDirectory(Path.Combine(_cache, model, "snapshots", commit)).FullName;
        File.CreateSymbolicLink(Path.Combine(folder, "config.json"), Path.Combine("..", "..", "blobs", "c"));
        return folder;
    }

    void Main(string model, string commit) =>
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_cache, model, "refs")).FullName, "main"), commit);
}
