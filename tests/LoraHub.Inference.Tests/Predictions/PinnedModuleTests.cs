using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>A prediction reports the digests of its modules, and a request can pin them.</summary>
public sealed class PinnedModuleTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    const string Examples = "\"example_inputs\": \"Plural of: cat\", \"example_outputs\": \"cats\", \"seed\": 1, \"max_inference_step\": 10";

    [Fact]
    public void A_prediction_names_the_digests_that_it_used_and_they_are_those_that_sha256sum_gives()
    {
        var folder = predictions.CopyModule("t5_mini-parity_safetensors", "pins/plain");

        var answer = predictions.Predict($$"""{"lora_modules_specified": "pins/plain", {{Examples}}}""");

        var lines = new[] { ModuleFiles.Config, ModuleFiles.Weights }
            .Select(name => $"{Hash(File.ReadAllBytes(Path.Combine(folder, name)))}  {name}\n");
        var digest = Hash(Encoding.UTF8.GetBytes(string.Concat(lines)));
        Assert.Equal([new ModuleUse("pins/plain", digest)], answer.Modules);
        Assert.Equal(digest, Assert.Single(answer.Output.Weights).Digest);
        Assert.Contains(digest, File.ReadAllText(Path.Combine(Answer.Unpack(answer.Result.AdapterFile), "README.md")), StringComparison.Ordinal);
        Assert.Contains(answer.Log, line => line.Contains(digest[..12], StringComparison.Ordinal));
    }

    [Fact]
    public void An_earlier_version_is_composed_by_its_digest()
    {
        var first = predictions.CopyModule("t5_mini-plurals", "pins/versions");
        var digest = VersionFolder.Digest(first)!;
        var before = predictions.Predict($$"""{"lora_modules_specified": "pins/versions", {{Examples}}}""");
        var kept = Path.Combine(predictions.OwnModels, LibraryFolder.EarlierFolder, "pins/versions", digest);
        Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
        Directory.Move(first, kept);
        predictions.CopyModule("t5_mini-antonyms", "pins/versions");

        var now = predictions.Predict($$"""{"lora_modules_specified": "pins/versions", {{Examples}}}""");
        var pinned = predictions.Predict($$"""{"lora_modules_specified": "pins/versions@{{digest[..12]}}", {{Examples}}}""");

        Assert.NotEqual(before.Output.Loss, now.Output.Loss);
        Assert.Equal(before.Output.Loss, pinned.Output.Loss);
        Assert.Equal(new ModuleWeight("pins/versions", before.Output.Weights[0].Weight, digest), Assert.Single(pinned.Output.Weights));
    }

    [Fact]
    public void A_module_that_changes_while_a_prediction_waits_does_not_change_the_prediction()
    {
        var first = predictions.CopyModule("t5_mini-plurals", "pins/waits");
        var digest = VersionFolder.Digest(first)!;
        var plan = predictions.Plan($$"""{"lora_modules_specified": "pins/waits", {{Examples}}}""");
        var before = predictions.Run(plan);
        var kept = Path.Combine(predictions.OwnModels, ".versions", "pins/waits", digest);
        Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
        Directory.Move(first, kept);
        predictions.CopyModule("t5_mini-antonyms", "pins/waits");

        var after = predictions.Run(plan);

        Assert.Equal(before.Output.Loss, after.Output.Loss);
        Assert.Equal(digest, Assert.Single(after.Output.Weights).Digest);
    }

    [Fact]
    public void A_prediction_fails_when_the_version_that_it_was_planned_with_is_gone()
    {
        var folder = predictions.CopyModule("t5_mini-plurals", "pins/gone");
        var digest = VersionFolder.Digest(folder)!;
        var plan = predictions.Plan($$"""{"lora_modules_specified": "pins/gone", {{Examples}}}""");
        File.Copy(Path.Combine(Golden.Models, "lorahub", "t5_mini-antonyms", "adapter_model.bin"),
            Path.Combine(folder, "adapter_model.bin"), overwrite: true);

        var changed = Assert.Throws<PredictionException>(() => predictions.Run(plan));
        Directory.Delete(folder, recursive: true);
        var removed = Assert.Throws<PredictionException>(() => predictions.Run(plan));

        Assert.Equal(
            $"The module `pins/gone` was changed or removed after the prediction was created, and its version {digest[..12]} is not kept; "
            + "create the prediction again.",
            changed.Message);
        Assert.Equal(changed.Message, removed.Message);
    }

    [Fact]
    public void A_plan_draws_unspecified_inputs_once()
    {
        var plan = predictions.Plan("""{"num_random_lora_modules": 3}""");

        var (once, again) = (predictions.Run(plan), predictions.Run(plan));

        Assert.Contains($"Using seed: {plan.Seed}", once.Log);
        Assert.Equal(once.Output.Weights, again.Output.Weights);
        Assert.Equal(plan.Modules.Select(use => use.Id), once.Output.Weights.Select(weight => weight.Module).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Bytes_changed_since_publication_are_refused()
    {
        var folder = predictions.CopyModule("t5_mini-parity_safetensors", "pins/changed");
        WriteRecord(folder, quarantine: null);
        var weights = Path.Combine(folder, ModuleFiles.Weights);
        var bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);

        Refuse("pins/changed", "The module `pins/changed` cannot be used: its files are not the version ");
        Directory.Delete(folder, recursive: true); // else others may draw it
    }

    [Fact]
    public void A_module_in_quarantine_is_refused_with_the_reason()
    {
        WriteRecord(predictions.CopyModule("t5_mini-parity_safetensors", "pins/quarantined"), "it looks odd.");

        Refuse("pins/quarantined", "lora_modules_specified: `pins/quarantined` cannot be used: it is in quarantine: it looks odd.");
    }

    [Fact]
    public void A_record_that_cannot_be_read_makes_its_module_unusable()
    {
        File.WriteAllText(Path.Combine(predictions.CopyModule("t5_mini-plurals", "pins/record"), RecordFile.Name), "{\"files\":");

        Refuse("pins/record", "`pins/record` cannot be used: lorahub.json cannot be read");
    }

    void Refuse(string module, string reason)
    {
        var request = new JsonObject { ["lora_modules_specified"] = module, ["max_inference_step"] = 10 }.ToJsonString();
        var refused = Assert.Throws<PredictionException>(() => predictions.Predict(request));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    static void WriteRecord(string folder, string? quarantine)
    {
        RecordFile.Write(folder, new ModuleVersion
        {
            Id = "",
            Files = VersionFolder.ReadNumbers(folder),
            PublishedAt = DateTimeOffset.UnixEpoch,
            Quarantine = quarantine,
            Report = new ModuleReport
            {
                BaseModel = "lorahub/t5-mini",
                Rank = 8,
                Alpha = 8,
                Targets = [],
                DType = "F32",
                Parameters = 1,
                Norm = 1,
                Layers = [],
                Sketch = [],
            },
        });
    }

    static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
