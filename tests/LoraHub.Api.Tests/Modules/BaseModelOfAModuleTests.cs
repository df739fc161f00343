using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.HuggingFace;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.HuggingFace;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Tests.Modules;

/// <summary>Adapters whose configuration names their base model by a path, by an id from before owners, or not at all.</summary>
public sealed class BaseModelOfAModuleTests(SharedService shared) : IClassFixture<SharedService>, IDisposable
{
    readonly string _data = Directory.CreateTempSubdirectory("lorahub-").FullName;

    public static TheoryData<string> Unnamed => new("\"/content/drive/My Drive/models/flan-t5-base\"", "\"\"", "null", "\"flan\"");

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [MemberData(nameof(Unnamed))]
    public async Task An_upload_that_names_none_is_refused_with_the_way_to_say_it_and_taken_with_it(string named)
    {
        var client = await shared.Service.ReadyAsync();
        using var without = Form(named);
        using var with = Form(named, "google/flan-t5-base");

        using var refused = await client.PublishAsync("wild/unnamed", without);
        using var taken = await client.PublishAsync("wild/unnamed", with);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("the form field `base_model` in an upload", (await refused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        var module = await taken.JsonAsync();
        Assert.Equal(("ready", "google/flan-t5-base"), (module.Text("state"), module["base_model"]!.Text("id")));
        using var config = await client.FetchAsync($"/v1/modules/wild/unnamed/versions/{module.Text("version")}/files/{ModuleFiles.Config}");
        var stored = await config.JsonAsync();
        Assert.Equal(("google/flan-t5-base", 16), (stored.Text("base_model_name_or_path"), (int)stored["lora_alpha"]!));
    }

    [Fact]
    public async Task An_id_from_before_owners_is_todays()
    {
        var client = await shared.Service.ReadyAsync();
        using var form = Form("\"t5-small\"");

        using var taken = await client.PublishAsync("wild/old", form);
        var found = await client.GetJsonAsync("/v1/modules?base_model=t5-small&owner=wild");

        Assert.Equal("google-t5/t5-small", (await taken.JsonAsync())["base_model"]!.Text("id"));
        Assert.Equal("wild/old", Assert.Single(found["results"]!.AsArray())!.Text("id"));
    }

    [Theory]
    [InlineData("../models")]
    [InlineData("flan-t5-base")]
    public async Task A_field_that_is_no_base_model_is_refused_by_its_name(string field)
    {
        var client = await shared.Service.ReadyAsync();
        using var form = Form("null", field);

        using var refused = await client.PublishAsync("wild/none", form);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("The base model must be owner/name", (await refused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_module_cannot_take_the_name_of_an_installed_base_model()
    {
        var client = await shared.Service.ReadyAsync();
        var config = Path.Combine(shared.Service.DataPath, "models", "wild", "base", "config.json");
        Directory.CreateDirectory(Path.GetDirectoryName(config)!);
        await File.WriteAllTextAsync(config, "{}", TestContext.Current.CancellationToken);
        using var form = Form("null", "google/flan-t5-base");

        using var refused = await client.PublishAsync("wild/base", form);

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.StartsWith("This name belongs to a base model", (await refused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal([config], Directory.EnumerateFiles(Path.GetDirectoryName(config)!));
    }

    [Fact]
    public async Task A_pull_says_which_base_model_is_meant()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/path", (ModuleFiles.Config, Config("\"/home/anna/t5\"")), (ModuleFiles.Weights, PeftFiles.Weights(1)));
        using var here = new DownloadsUnderTest(hub.Endpoint);

        Assert.Contains("`--base OWNER/NAME`", await here.FailureAsync("anna/path"), StringComparison.Ordinal);
        Assert.IsType<PullOutcome.Downloaded>(Assert.Single(await here.PullAsync("anna/path", baseModel: "some/base")));
        Assert.Equal("some/base", Assert.Single(here.Library.List()).BaseModel);
    }

    [Fact]
    public async Task The_command_line_says_which_base_model_is_meant()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_data, "adapter")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, ModuleFiles.Config), Config("\"/drive/t5\""), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(folder, ModuleFiles.Weights), PeftFiles.Weights(1), TestContext.Current.CancellationToken);

        var refused = await FinishedRun.OfAsync(_data, ["modules", "add", folder, "--as", "wild/path"]);
        var added = await FinishedRun.OfAsync(_data, ["modules", "add", folder, "--as", "wild/path", "--base", "t5-small"]);
        var shown = await FinishedRun.OfAsync(_data, ["modules", "show", "wild/path"]);
        var hiding = await FinishedRun.OfAsync(_data, ["modules", "add", folder, "--as", "lorahub/t5-mini", "--base", "t5-small"]);

        Assert.Equal((2, 0), (refused.Code, added.Code));
        Assert.Contains("`--base OWNER/NAME`", refused.Error, StringComparison.Ordinal);
        Assert.Contains("base model\tgoogle-t5/t5-small\n", shown.Output, StringComparison.Ordinal);
        Assert.Equal(2, hiding.Code);
        Assert.StartsWith("name: `lorahub/t5-mini` is the name of a base model", hiding.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_configuration_is_named_as_it_was_given()
    {
        var cache = Directory.CreateDirectory(Path.Combine(_data, "models--o--t5", "snapshots", "aaaa")).Parent!.Parent!.FullName;

        var run = await FinishedRun.OfAsync(_data, ["modules", "add", cache]);

        Assert.Equal(2, run.Code);
        Assert.StartsWith(
            $"folder: `{cache}` has no adapter_config.json. It is a folder of the Hugging Face Hub's cache", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_base_model_that_is_not_here_is_named_with_the_command_that_downloads_it()
    {
        var run = await FinishedRun.OfAsync(
            _data, ["predict", "-i", "example_inputs=a", "-i", "example_outputs=b"], ("Models:Base", "google/flan-t5-large"));

        Assert.NotEqual(0, run.Code);
        Assert.Contains(
            "num_random_lora_modules: The base model `google/flan-t5-large` is not here. Download it with `lorahub models pull google/flan-t5-large`",
            run.Error,
            StringComparison.Ordinal);
        Assert.DoesNotContain("at most 0", run.Error, StringComparison.Ordinal);
    }

    static MultipartFormDataContent Form(string named, string? baseModel = null)
    {
        var form = PeftFiles.Form((ModuleFiles.Config, Config(named)), (ModuleFiles.Weights, PeftFiles.Weights(1, 2)));
        if (baseModel is not null)
        {
            form.Add(new StringContent(baseModel), "base_model");
        }

        return form;
    }

    static byte[] Config(string named)
    {
        var config = JsonNode.Parse(PeftFiles.Config)!.AsObject();
        config["base_model_name_or_path"] = JsonNode.Parse(named);
        return Encoding.UTF8.GetBytes(config.ToJsonString());
    }
}
