using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Modules;

/// <summary>Modules that were made to cost the service its memory, its time or its other modules.</summary>
public sealed class HostileModuleTests
{
    [Fact]
    public async Task A_module_of_huge_dimensions_is_refused_and_the_next_upload_goes_on()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        using var form = PeftFiles.Form(PeftFiles.Of(new float[300_000]));

        using var refused = await client.PublishAsync("hostile/wide", form);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("a dimension is 1 to 131072 (Limits:ModuleDimension)", (await refused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        await client.PublishedAsync("hostile/next", [1]);
    }
}
