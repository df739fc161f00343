using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Folders;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Modules that cannot be used are named with the reason, and the next prediction works.</summary>
public sealed class BadModuleTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    const string Good = "lorahub/t5_mini-plurals";

    [Fact]
    public void A_module_with_a_number_that_is_not_finite_fails_the_prediction()
    {
        var file = Path.Combine(predictions.CopyModule("t5_mini-parity_safetensors", "bad/nan"), "adapter_model.safetensors");
        var bytes = File.ReadAllBytes(file);
        BitConverter.TryWriteBytes(bytes.AsSpan(^4), float.NaN);
        File.WriteAllBytes(file, bytes);

        AssertFails("bad/nan", "The module `bad/nan` cannot be used: the checkpoint holds a number that is not finite");
    }

    [Fact]
    public void A_module_of_another_architecture_fails_the_prediction()
    {
        var folder = predictions.CopyModule("t5_mini-parity_safetensors", "bad/other");
        File.Copy(Golden.Path("lora/uniform-0/adapter_model.safetensors"), Path.Combine(folder, "adapter_model.safetensors"), overwrite: true);
        Edit(folder, config => config["r"] = 4);

        AssertFails("bad/other", "it is a module of another architecture");
    }

    [Theory]
    [InlineData("truncated.bin")]
    [InlineData("evil_os_system.bin")]
    [InlineData("text.bin")]
    public void A_broken_or_malicious_module_is_rejected_before_any_work(string file)
    {
        var folder = predictions.CopyModule("t5_mini-plurals", "bad/file");
        File.Copy(Golden.Path($"pickle/torch/{file}"), Path.Combine(folder, "adapter_model.bin"), overwrite: true);

        AssertFails("bad/file", "lora_modules_specified: `bad/file` cannot be used: ");
        Assert.False(File.Exists("PWNED"));
    }

    [Theory]
    [InlineData("peft_type", "LOHA", "has the peft_type `LOHA`")]
    [InlineData("r", 4, "which do not match r 4")]
    [InlineData("r", 0, "has r 0")]
    [InlineData("use_dora", true, "uses DoRA")]
    [InlineData("base_model_name_or_path", null, "names no base model")]
    [InlineData("init_lora_weights", "pissa_niter_16", "has init_lora_weights `pissa_niter_16`, which changes the base model")]
    public void The_error_for_a_module_that_is_not_plain_LoRA_names_its_kind(string field, object? value, string message)
    {
        var folder = predictions.CopyModule("t5_mini-plurals", "bad/config");
        Edit(folder, config => config[field] = JsonValue.Create(value));

        AssertFails("bad/config", message);
    }

    [Fact]
    public void A_configuration_that_is_not_JSON_is_named()
    {
        File.WriteAllText(Path.Combine(predictions.CopyModule("t5_mini-plurals", "bad/json"), "adapter_config.json"), "{");

        AssertFails("bad/json", "adapter_config.json cannot be read");
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("lorahub/../../etc")]
    [InlineData("/etc/passwd")]
    [InlineData("lorahub\\x/y")]
    [InlineData("lorahub/.hidden")]
    public void An_id_never_leaves_the_models_folder(string id)
    {
        Assert.Null(new SearchPath([Golden.Models, "/"]).Find(id));
    }

    [Fact]
    public void A_dangling_link_breaks_only_its_own_module()
    {
        var folder = predictions.CopyModule("t5_mini-plurals", "bad/link");
        File.Delete(Path.Combine(folder, "adapter_model.bin"));
        File.CreateSymbolicLink(Path.Combine(folder, "adapter_model.bin"), "/nonexistent/adapter_model.bin");

        AssertFails("bad/link", "`bad/link` cannot be used: ");
    }

    [Fact]
    public void The_error_for_a_missing_base_model_names_its_folder()
    {
        var folder = predictions.CopyModule("t5_mini-plurals", "bad/base");
        Edit(folder, config => config["base_model_name_or_path"] = "google/flan-t5-large");

        AssertFails("bad/base", "The base model `google/flan-t5-large` was not found; run `lorahub models pull google/flan-t5-large`");
    }

    [Fact]
    public void A_module_that_changed_on_disk_is_read_again()
    {
        var folder = predictions.CopyModule("t5_mini-plurals", "own/module");
        var first = Digest();
        File.Copy(Path.Combine(Golden.Models, "lorahub", "t5_mini-antonyms", "adapter_model.bin"),
            Path.Combine(folder, "adapter_model.bin"), overwrite: true);

        Assert.NotEqual(first, Digest());

        string Digest() => predictions.Predict("""{"module_weights": {"own/module": 1}}""")
            .Log.Single(line => line.StartsWith("  own/module", StringComparison.Ordinal));
    }

    void AssertFails(string module, string message)
    {
        var exception =
            Assert.Throws<PredictionException>(() => predictions.Predict($$"""{"lora_modules_specified": "{{module}}", "max_inference_step": 10}"""));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetTempPath(), exception.Message, StringComparison.Ordinal); // messages must not reveal the service's folders
        Assert.NotEmpty(predictions.Predict($$"""{"module_weights": {"{{Good}}": 1} }""").Output.Weights);
    }

    static void Edit(string folder, Action<JsonObject> change)
    {
        var file = Path.Combine(folder, "adapter_config.json");
        var config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(config);
        File.WriteAllText(file, config.ToJsonString());
    }
}
