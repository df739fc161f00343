using System.Text;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Modules;

/// <summary>Tests which uploads are quarantined.</summary>
public sealed class QuarantineTests
{
    [Fact]
    public async Task A_norm_is_compared_with_modules_that_were_in_the_folders_at_the_start_and_have_no_record()
    {
        await using var service = new Service();
        for (var i = 0; i < 8; i++)
        {
            await WriteAsync(service, $"shipped/m{i}", PeftFiles.Config, PeftFiles.Weights(1, i));
        }

        var client = await service.ReadyAsync();
        var odd = await client.PublishedAsync("mine/odd", [320_478]);
        var usual = await client.PublishedAsync("mine/usual", [2, 3]);

        Assert.Equal(("quarantined", "ready"), (odd.Text("state"), usual.Text("state")));
        Assert.Contains("the median of the 8 others for lorahub/t5-mini is ", odd.Text("reason"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 16)]
    [InlineData(1, 0)]
    public async Task A_module_that_changes_nothing_is_quarantined_whatever_the_others_are(float update, int alpha)
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        var config = Encoding.UTF8.GetString(PeftFiles.Config).Replace("\"lora_alpha\": 16", $"\"lora_alpha\": {alpha}", StringComparison.Ordinal);

        var module = await PublishAsync(client, "mine/nothing", config, [update]);

        Assert.Equal("quarantined", module.Text("state"));
        Assert.StartsWith("its update is zero", module.Text("reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_few_modules_of_its_base_model_a_norm_is_compared_with_all()
    {
        await using var service = new Service();
        for (var i = 0; i < 8; i++)
        {
            await WriteAsync(service, $"shipped/m{i}", PeftFiles.Config, PeftFiles.Weights(1, i));
        }

        var client = await service.ReadyAsync();
        var odd = await PublishAsync(client, "mine/odd", OfBase("google/flan-t5-large"), [320_478]);
        var large = await PublishAsync(client, "mine/large", OfBase("google/flan-t5-large"), [900, 1]);

        Assert.Equal(("quarantined", "ready"), (odd.Text("state"), large.Text("state")));
    }

    [Fact]
    public async Task Quarantined_modules_do_not_count_in_the_comparison()
    {
        await using var service = new Service();
        for (var i = 0; i < 8; i++)
        {
            await WriteAsync(service, $"shipped/m{i}", PeftFiles.Config, PeftFiles.Weights(1, i));
        }

        var client = await service.ReadyAsync();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("quarantined", (await client.PublishedAsync($"odd/m{i}", [100_000, i * 20_000])).Text("state"));
        }
    }

    [Theory]
    [InlineData("lora_alpha")]
    [InlineData("base_model_name_or_path")]
    [InlineData("note")]
    [InlineData("weights")]
    public async Task A_changed_byte_does_not_lift_an_admins_quarantine(string what)
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        await client.PublishedAsync("mine/bad", [1, 2, 3]);
        await client.PostJsonAsync("/v1/modules/mine/bad/quarantine", """{"reason": "In dispute."}""");
        var config = Encoding.UTF8.GetString(PeftFiles.Config);
        var changed = what switch
        {
            "lora_alpha" => config.Replace("16", "160", StringComparison.Ordinal),
            "base_model_name_or_path" => OfBase("google/flan-t5-large"),
            "note" => config + " ",
            _ => config,
        };

        var again = await PublishAsync(client, "mine/again", changed, what == "weights" ? [1, 2, 3.0001f] : [1, 2, 3]);
        var other = await client.PublishedAsync("mine/other", [3, -2, 1]);

        Assert.Equal(("quarantined", "In dispute."), (again.Text("state"), again.Text("reason")));
        Assert.Equal("ready", other.Text("state"));
    }

    [Fact]
    public async Task A_quarantine_and_a_release_hold_for_the_same_bytes_under_every_name_and_version()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        await client.PublishedAsync("mine/bad", [1, 2, 3]);
        await client.PublishedAsync("mine/copy", [1, 2, 3]);
        var earlier = await client.PublishedAsync("mine/earlier", [1, 2, 3]);
        await client.PublishedAsync("mine/earlier", [3, -2, 1]);

        await client.PostJsonAsync("/v1/modules/mine/bad/quarantine", """{"reason": "In dispute."}""");

        Assert.Equal(("quarantined", "In dispute."), StateOf(await client.GetJsonAsync("/v1/modules/mine/copy")));
        Assert.Equal("ready", (await client.GetJsonAsync("/v1/modules/mine/earlier")).Text("state"));
        using var call = await client.PostAsync(
            "/v1/predictions", $$$"""{"version": "mine/earlier:{{{earlier.Text("version")}}}", "input": {"prompt": "x"}}""");
        Assert.Contains("In dispute.", await call.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(("quarantined", "In dispute."), StateOf(await client.PublishedAsync("mine/again", [1, 2, 3])));

        await client.PostJsonAsync("/v1/modules/mine/copy/release", "{}");

        Assert.Equal("ready", (await client.GetJsonAsync("/v1/modules/mine/bad")).Text("state"));
        Assert.Equal("ready", (await client.PublishedAsync("mine/later", [1, 2, 3])).Text("state"));
    }

    [Fact]
    public async Task Bytes_that_the_command_line_put_into_quarantine_as_an_earlier_version_are_quarantined_under_another_name()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        var bad = await client.PublishedAsync("mine/bad", [1, 2, 3]);
        await client.PublishedAsync("mine/bad", [3, -2, 1]);
        await service.Services.GetRequiredService<VersionStore>().QuarantineAsync(
            new ModuleReference("mine/bad", bad.Text("version")), "In dispute.", TestContext.Current.CancellationToken);

        Assert.Equal(("quarantined", "In dispute."), StateOf(await client.PublishedAsync("mine/again", [1, 2, 3])));
    }

    static (string?, string?) StateOf(System.Text.Json.Nodes.JsonObject module) => (module.Text("state"), module.Text("reason"));

    static string OfBase(string id) => Encoding.UTF8.GetString(PeftFiles.Config).Replace("lorahub/t5-mini", id, StringComparison.Ordinal);

    static async Task<System.Text.Json.Nodes.JsonObject> PublishAsync(HttpClient client, string id, string config, float[] update)
    {
        using var form = PeftFiles.Form((ModuleFiles.Config, Encoding.UTF8.GetBytes(config)), (ModuleFiles.Weights, PeftFiles.Weights(update)));
        using var response = await client.PublishAsync(id, form);
        return await response.JsonAsync();
    }

    static async Task WriteAsync(Service service, string id, byte[] config, byte[] weights)
    {
        var folder = Directory.CreateDirectory(Path.Combine(service.DataPath, "models", id)).FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, ModuleFiles.Config), config, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(folder, ModuleFiles.Weights), weights, TestContext.Current.CancellationToken);
    }
}
