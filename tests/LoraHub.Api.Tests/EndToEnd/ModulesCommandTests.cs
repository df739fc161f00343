using LoraHub.Api.Commands;
using LoraHub.Api.Tests.Support;
using LoraHub.Core;
using LoraHub.Core.Modules;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>The modules that ship and those of a data folder, from the command line.</summary>
public sealed class ModulesCommandTests : IDisposable
{
    const string Shipped = "lorahub/t5_mini-plurals";

    readonly string _data = Directory.CreateTempSubdirectory("lorahub-").FullName;

    static string ShippedFolder => Path.Combine(Repository.Root, "models", Shipped);

    string Folder => Path.Combine(_data, "models", "mine", "plurals");

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task ListAndSearchNameTheModulesInLinesThatAProgramCanRead()
    {
        var list = await RunAsync("list", "--owner", "lorahub", "--rank", "16");
        Assert.Equal((0, ""), (list.Code, list.Error));
        Assert.Equal(["module\tr\tbase model\tsource\tversion\tstate", "lorahub/t5_mini-booleans_r16\t16\tlorahub/t5-mini\tships, or the settings'\t\tok", ""], list.Output.Split('\n'));

        var search = await RunAsync("search", "plurals", "list");
        Assert.Equal(0, search.Code);
        Assert.StartsWith("lorahub/t5_mini-plurals_list\t", search.Output.Split('\n')[1], StringComparison.Ordinal);

        Assert.Equal(1, (await RunAsync("search", "no-such-word-anywhere")).Code);
    }

    [Fact]
    public async Task AFolderIsAddedShownQuarantinedReleasedAndRemoved()
    {
        Assert.Equal(0, await AddAsync(ShippedFolder));
        var show = await RunAsync("show", "mine/plurals");
        Assert.Equal((0, ""), (show.Code, show.Error));
        Assert.Contains("base model\tlorahub/t5-mini\n", show.Output, StringComparison.Ordinal);
        Assert.Contains("encoder.block.0.layer.0.SelfAttention.q\t2\t100.0\t1.00\t2 0.5\n", show.Output, StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("quarantine", "mine/plurals", "--reason", "it is odd")).Code);
        Assert.Contains("quarantine\tit is odd\n", (await RunAsync("show", "mine/plurals")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("release", "mine/plurals")).Code);
        Assert.DoesNotContain("it is odd", (await RunAsync("show", "mine/plurals")).Output, StringComparison.Ordinal);

        var unasked = await RunAsync("remove", "mine/plurals");
        Assert.Equal((2, true), (unasked.Code, Directory.Exists(Folder)));
        Assert.Equal(0, (await RunAsync("remove", "mine/plurals", "--yes")).Code);
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public async Task VerifyFindsWhatWasChangedSaysSoAndPutsItInQuarantine()
    {
        Assert.Equal(0, await AddAsync(ShippedFolder));
        var right = await RunAsync("verify", "mine/plurals");
        Assert.Equal((0, "1 as they came, 0 not; 0 have no record to compare with.\n"), (right.Code, right.Output));

        var weights = Directory.GetFiles(Folder, "adapter_model.*").Single();
        await using (var file = File.OpenWrite(weights))
        {
            file.Seek(-1, SeekOrigin.End);
            file.WriteByte(0x7f);
        }

        var wrong = await RunAsync("verify");
        Assert.Equal(1, wrong.Code);
        Assert.Matches(@"^mine/plurals@[0-9a-f]{12}: its adapter_model\.\w+ was changed since it came\. It is in quarantine now\.\n0 as they came, 1 not; \d+ have", wrong.Output);
        Assert.Contains("was changed since it came", ModuleRecord.FromJson(await File.ReadAllBytesAsync(Path.Combine(Folder, ModuleRecord.FileName), TestContext.Current.CancellationToken)).Quarantine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ID: `../evil` is neither owner/name nor owner/name@digest.", "show", "../evil")]
    [InlineData("ID: there is no module mine/nothing here; ", "show", "mine/nothing")]
    [InlineData("ID: lorahub/t5_mini-plurals ships with the program", "remove", Shipped, "--yes")]
    [InlineData("ID: lorahub/t5_mini-plurals was not taken in by the hub", "quarantine", Shipped, "--reason", "why")]
    [InlineData("--reason: it is empty; say why.", "quarantine", Shipped, "--reason", " ")]
    [InlineData("--as: `x` is no owner/name", "add", ".", "--as", "x")]
    [InlineData("folder: there is no folder `/no/such/folder`.", "add", "/no/such/folder")]
    public async Task WhatCannotBeMeantEndsWith2AndALineThatNamesIt(string message, params string[] arguments)
    {
        var run = await RunAsync(arguments);

        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
    }

    Task<FinishedRun> RunAsync(params string[] arguments) => FinishedRun.OfAsync(_data, ["modules", .. arguments]);

    /// <summary>In this process, with an inspector that finds nothing.</summary>
    Task<int> AddAsync(string folder) => CommandLine.RunAsync(["modules", "add", folder, "--as", "mine/plurals"], services => services
        .AddSingleton(Options.Create(new DataOptions { Path = _data }))
        .AddSingleton<IModuleInspector, Contented>());

    sealed class Contented : IModuleInspector
    {
        public ModuleReport Inspect(string folder, CancellationToken cancellationToken) => new()
        {
            BaseModel = "lorahub/t5-mini",
            Rank = 8,
            Alpha = 16,
            Targets = ["q"],
            DType = "F32",
            Parameters = 64,
            Norm = 2,
            Layers = [new LayerReport("encoder.block.0.layer.0.SelfAttention.q", 2, 1, [2, 0.5], 1)],
            Sketch = [],
        };

        public IReadOnlyList<double> Cosines(ModuleInfo one, IReadOnlyList<ModuleInfo> others, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
