using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Tests.Modules;

/// <summary>Names of modules and models do not differ only in case.</summary>
public sealed class SpellingTests : IAsyncDisposable
{
    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_name_in_another_spelling_is_refused_and_the_known_one_named()
    {
        var client = await _service.ReadyAsync();
        await client.PublishedAsync("me/french", [1, 2]);

        using var form = PeftFiles.Form((ModuleFiles.Config, PeftFiles.Config), (ModuleFiles.Weights, PeftFiles.Weights(3, 4)));
        using var published = await client.PublishAsync("Me/French", form);
        using var created = await client.PostAsync(
            "/v1/models", """{"owner": "ME", "name": "french", "visibility": "public", "hardware": "cpu"}""");

        using var trained = await client.TrainAsync("Me/french", TrainingRequests.Tune());
        foreach (var refused in (HttpResponseMessage[])[published, created, trained])
        {
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Contains("`me/french`", (await refused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        }

        using var other = await client.FetchAsync("/v1/models/Me/French");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        Assert.Equal("ready", (await client.PublishedAsync("me/french", [5, 6])).Text("state")); // a new version of the known one
    }

    [Fact]
    public async Task The_command_line_refuses_it_too()
    {
        var data = Directory.CreateTempSubdirectory("lorahub-");
        try
        {
            var source = Path.Combine(Repository.Root, "models", "lorahub", "t5_mini-plurals");
            Assert.Equal(0, (await FinishedRun.OfAsync(data.FullName, ["modules", "add", source, "--as", "me/french"])).Code);

            var refused = await FinishedRun.OfAsync(data.FullName, ["modules", "add", source, "--as", "me/French"]);

            Assert.Equal(2, refused.Code);
            Assert.Contains("`me/french`", refused.Error, StringComparison.Ordinal);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
