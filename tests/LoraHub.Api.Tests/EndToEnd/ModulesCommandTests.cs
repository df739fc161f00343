using LoraHub.Api.Commands;
using LoraHub.Api.Tests.Support;
using LoraHub.Core;
using LoraHub.Modules.Versions;
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
    public async Task List_and_search_print_tab_separated_lines()
    {
        var list = await RunAsync("list", "--owner", "lorahub", "--rank", "16");
        Assert.Equal((0, ""), (list.Code, list.Error));
        Assert.Equal(["module\tr\tbase model\tsource\tversion\tstate",
            "lorahub/t5_mini-booleans_r16\t16\tlorahub/t5-mini\tshipped or configured\t\tok", ""], list.Output.Split('\n'));

        var search = await RunAsync("search", "r16", "BOOL");
        Assert.Equal(0, search.Code);
        Assert.StartsWith("lorahub/t5_mini-booleans_r16\t", search.Output.Split('\n')[1], StringComparison.Ordinal);

        var nothing = await RunAsync("search", "no-such-word", "anywhere");
        Assert.Equal((1, ""), (nothing.Code, nothing.Output));
        Assert.StartsWith("No module matches all of the words `no-such-word anywhere`", nothing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_is_added_shown_quarantined_released_and_removed()
    {
        Assert.Equal(0, await AddAsync(ShippedFolder));
        var show = await RunAsync("show", "mine/plurals");
        Assert.Equal((0, ""), (show.Code, show.Error));
        Assert.Contains("base model\tlorahub/t5-mini\n", show.Output, StringComparison.Ordinal);
        Assert.Matches(@"encoder\.block\.0\.layer\.0\.SelfAttention\.q\t[0-9.]+\t[0-9.]+\t[0-9.]+\t[0-9.]+ [0-9.]+ ", show.Output);

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
    public async Task Verify_reports_and_quarantines_a_changed_module()
    {
        Assert.Equal(0, await AddAsync(ShippedFolder));
        var right = await RunAsync("verify", "mine/plurals");
        Assert.Equal((0, "1 unchanged, 0 changed; 0 have no record to compare with.\n"), (right.Code, right.Output));

        var weights = Directory.GetFiles(Folder, "adapter_model.*").Single();
        await using (var file = File.OpenWrite(weights))
        {
            file.Seek(-1, SeekOrigin.End);
            file.WriteByte(0x7f);
        }

        var wrong = await RunAsync("verify");
        Assert.Equal(1, wrong.Code);
        Assert.Matches(
            @"^mine/plurals@[0-9a-f]{12}: its adapter_model\.\w+ has changed since it was added\. The version is now in quarantine\.\n"
            + @"0 unchanged, 1 changed; \d+ have",
            wrong.Output);
        Assert.Contains("has changed since it was added", RecordFile.Find("mine/plurals", Folder)!.Quarantine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ID: `../evil` is neither owner/name nor owner/name@digest.", "show", "../evil")]
    [InlineData("ID: there is no module mine/nothing here; ", "show", "mine/nothing")]
    [InlineData("ID: lorahub/t5_mini-plurals ships with the program", "remove", Shipped, "--yes")]
    [InlineData("ID: lorahub/t5_mini-plurals has no record", "quarantine", Shipped, "--reason", "why")]
    [InlineData("--reason: it is empty; give a reason.", "quarantine", Shipped, "--reason", " ")]
    [InlineData("--as: `x` is not owner/name", "add", ".", "--as", "x")]
    [InlineData("folder: there is no folder `/no/such/folder`.", "add", "/no/such/folder")]
    public async Task Invalid_arguments_are_named_and_exit_with_2(string message, params string[] arguments)
    {
        var run = await RunAsync(arguments);

        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
    }

    Task<FinishedRun> RunAsync(params string[] arguments) => FinishedRun.OfAsync(_data, ["modules", .. arguments]);

    Task<int> AddAsync(string folder) => CommandLine.RunAsync(["modules", "add", folder, "--as", "mine/plurals"], services => services
        .AddSingleton(Options.Create(new DataOptions { Path = _data })));
}
