using System.IO.Compression;
using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>Publishes the golden checkpoints, valid and malicious, as a module's weights to the shipped service.</summary>
public sealed class GoldenUploadTests(RealService service) : IClassFixture<RealService>
{
    const string Shipped = "lorahub/t5_mini-plurals"; // adapter_model.bin

    static readonly string Golden = Path.Combine(Support.Repository.Root, "tests", "golden", "pickle");

    [Theory]
    [InlineData("torch", ModuleFiles.PickledWeights)]
    [InlineData("safetensors", ModuleFiles.Weights)]
    public async Task Invalid_weights_are_refused_with_the_name_of_the_bad_file_and_leave_nothing(string kind, string name)
    {
        var client = await service.ReadyAsync();
        var config = await File.ReadAllBytesAsync(Path.Combine(Models, Shipped, ModuleFiles.Config), TestContext.Current.CancellationToken);
        var files = Directory.GetFiles(Path.Combine(Golden, kind));
        Assert.True(files.Length > 40, $"{files.Length} golden files");

        foreach (var file in files)
        {
            using var form = PeftFiles.Form((ModuleFiles.Config, config),
                (name, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)));
            using var response = await client.PublishAsync("golden/module", form);
            var answer = await response.JsonAsync();

            Assert.True(response.StatusCode == HttpStatusCode.UnprocessableEntity, $"{Path.GetFileName(file)}: {response.StatusCode}");
            Assert.Contains("adapter_model.", answer.Text("detail"), StringComparison.Ordinal);
        }

        Assert.Empty((await client.GetJsonAsync("/v1/modules?owner=golden"))["results"]!.AsArray());
        Assert.False(Directory.Exists(Path.Combine(service.DataPath, "models", "golden")));
        Assert.False(File.Exists("PWNED"));
    }

    [Fact]
    public async Task A_pickled_module_is_stored_as_safetensors()
    {
        var client = await service.ReadyAsync();
        var files = Directory.GetFiles(Path.Combine(Models, Shipped)).Select(path => (Path.GetFileName(path), File.ReadAllBytes(path))).ToArray();
        Assert.Contains(files, file => file.Item1 == ModuleFiles.PickledWeights);

        using var form = PeftFiles.Form(files);
        using var response = await client.PublishAsync("taken/plurals", form);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        using var zip = new ZipArchive(await client.GetStreamAsync(new Uri("/v1/modules/taken/plurals/download", UriKind.Relative),
            TestContext.Current.CancellationToken));
        Assert.Equal([ModuleFiles.Config, ModuleFiles.Weights, ModuleFiles.Card], zip.Entries.Select(entry => entry.FullName));
    }

    static string Models => Path.Combine(AppContext.BaseDirectory, "models");
}
