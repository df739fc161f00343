using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Modules;

/// <summary>Modules crafted to exhaust the service's memory or time, or to hide other modules.</summary>
public sealed class HostileModuleTests
{
    const string Good = """{"peft_type": "LORA", "r": 8, "lora_alpha": 16, "base_model_name_or_path": "lorahub/t5-mini"}""";

    static readonly string Digest = new('a', 64);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A record with one invalid field, and a part of the module's problem that names it.</summary>
    public static TheoryData<string, string, string> Records => new()
    {
        { "files", "null", "files" },
        { "files", "[]", "one configuration" },
        { "files", "[null]", "`files` may contain only" },
        { "files", $$"""[{"name": "run.py", "size": 1, "sha256": "{{Digest}}"}]""", "`files` may contain only" },
        { "files", $$"""[{"name": null, "size": 1, "sha256": "{{Digest}}"}]""", "files[0]" },
        {
            "files",
            """[{"name": "adapter_config.json", "size": 1, "sha256": "../.."}, {"name": "adapter_model.bin", "size": 1, "sha256": ""}]""",
            "sha256"
        },
        {
            "files",
            $$"""
            [
              {"name": "adapter_config.json", "size": -1, "sha256": "{{Digest}}"},
              {"name": "adapter_model.bin", "size": 1, "sha256": "{{Digest}}"}
            ]
            """,
            "size"
        },
        { "published_at", "null", "published_at" },
        { "published_at", "\"soon\"", "published_at" },
        { "report", "null", "report" },
        { "report", "[]", "report" },
        { "report.base_model", "null", "report.base_model" },
        { "report.base_model", "\"../x\"", "report.base_model" },
        { "report.rank", "0", "report.rank" },
        { "report.rank", "\"8\"", "report.rank" },
        { "report.alpha", "1e999", "report.alpha" },
        { "report.targets", "null", "report.targets" },
        { "report.targets", "[null]", "report.targets" },
        { "report.d_type", "null", "report.d_type" },
        { "report.norm", "-1", "report.norm" },
        { "report.norm", "1e999", "report.norm" },
        { "report.parameters", "-1", "report.parameters" },
        { "report.layers", "null", "report.layers" },
        { "report.layers", "[null]", "report.layers" },
        { "report.layers", """[{"layer": "q", "norm": 1, "energy": 1, "singular_values": null, "effective_rank": 1}]""", "singular_values" },
        { "report.layers", """[{"layer": "q", "norm": 1e999, "energy": 1, "singular_values": [], "effective_rank": 1}]""", "report.layers" },
        { "report.sketch", "null", "report.sketch" },
        { "report.sketch", "\"AAA\"", "report.sketch" },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public async Task An_invalid_record_breaks_only_its_own_module(string field, string json, string problem)
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        var record = JsonNode.Parse($$"""
            {
              "files": [
                {"name": "adapter_config.json", "size": 1, "sha256": "{{Digest}}"},
                {"name": "adapter_model.safetensors", "size": 1, "sha256": "{{Digest}}"}
              ],
              "published_at": "2026-01-01T00:00:00+00:00",
              "report": {
                "base_model": "lorahub/t5-mini", "rank": 8, "alpha": 16, "targets": ["q"], "d_type": "F32", "parameters": 9,
                "norm": 1, "layers": [], "sketch": ""
              }
            }
            """)!.AsObject();
        Set(record, field, json);
        await WriteAsync(service, "hostile/recorded", record.ToJsonString());

        await service.Services.GetRequiredService<ModuleIndexer>().RefreshAsync(Token);
        var module = await client.GetJsonAsync("/v1/modules/hostile/recorded");
        const string Input = """{"input": {"num_random_lora_modules": 2, "example_inputs": "a", "example_outputs": "b"}}""";
        using var created = await client.PostAsync("/predictions", Input, ("Prefer", "respond-async"));

        Assert.Equal("broken", module.Text("state"));
        Assert.Contains(problem, module.Text("reason"), StringComparison.Ordinal);
        Assert.DoesNotContain("System.", module.Text("reason"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, created.StatusCode);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_inspected_is_named_and_hides_no_other()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        await WriteAsync(service, "hostile/a-wide", record: null, PeftFiles.Weights(new float[3_000_000]));
        await WriteAsync(service, "hostile/b-good", record: null);

        await service.Services.GetRequiredService<ModuleIndexer>().RefreshAsync(Token);

        var modules = (await client.GetJsonAsync("/v1/modules"))["results"]!.AsArray();
        Assert.Equal(
            [("hostile/a-wide", "broken"), ("hostile/b-good", "ready")],
            modules.Select(module => (module!.Text("id"), module!.Text("state"))));
        Assert.Contains("Limits:ModuleDimension", modules[0]!.Text("reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unexpected_exception_stops_one_module_and_is_not_retried_until_it_changes()
    {
        await using var service = new Service { Replace = services => services.AddSingleton<ModuleLibrary, FailingLibrary>() };
        var client = await service.ReadyAsync();
        await WriteAsync(service, "hostile/a-bad", record: null);
        await WriteAsync(service, "hostile/b-good", record: null);
        var indexer = service.Services.GetRequiredService<ModuleIndexer>();
        var library = (FailingLibrary)service.Services.GetRequiredService<ModuleLibrary>();

        await indexer.RefreshAsync(Token);
        var failures = library.Failures;
        await indexer.RefreshAsync(Token);

        var modules = (await client.GetJsonAsync("/v1/modules"))["results"]!.AsArray();
        Assert.Equal(["hostile/b-good"], modules.Select(module => module!.Text("id")));
        Assert.Equal(failures, library.Failures);
    }

    [Fact]
    public async Task A_module_with_huge_dimensions_is_refused_and_the_next_upload_succeeds()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        using var form = PeftFiles.Form(PeftFiles.Of(new float[300_000]));

        using var refused = await client.PublishAsync("hostile/wide", form);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("a dimension is 1 to 131072 (Limits:ModuleDimension)", (await refused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        await client.PublishedAsync("hostile/next", [1]);
    }

    static void Set(JsonObject record, string field, string json)
    {
        var parts = field.Split('.');
        var target = parts.Length == 1 ? record : record[parts[0]]!.AsObject();
        target[parts[^1]] = JsonNode.Parse(json);
    }

    static async Task WriteAsync(Service service, string id, string? record, byte[]? weights = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(service.DataPath, "models", id)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, ModuleFiles.Config), Good, Token);
        await File.WriteAllBytesAsync(Path.Combine(folder, ModuleFiles.Weights), weights ?? PeftFiles.Weights(1), Token);
        if (record is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, RecordFile.Name), record, Token);
        }
    }

    sealed class FailingLibrary(SearchPath path, BaseModels bases) : ModuleLibrary(path, bases)
    {
        public int Failures { get; private set; }

        public override ModuleVersion? Find(ModuleReference reference)
        {
            if (reference.Id == "hostile/a-bad")
            {
                Failures++;
                throw new InvalidOperationException("Unexpected.");
            }

            return base.Find(reference);
        }
    }
}
