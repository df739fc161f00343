using LoraHub.Formats.Tests;
using LoraHub.Modules.Folders;

namespace LoraHub.Inference.Tests.Models;

public sealed class BaseModelsTests
{
    [Fact]
    public void A_digest_changes_with_any_byte_and_any_name_but_not_with_prose()
    {
        using var folder = new TemporaryFolder();
        var model = Directory.CreateDirectory(Path.Combine(folder.Path, "hub", "base")).FullName;
        var bases = new BaseModels(new SearchPath([folder.Path]), "hub/base");
        File.WriteAllText(Path.Combine(model, "config.json"), "{}");
        File.WriteAllText(Path.Combine(model, "model.safetensors"), "weights");
        var before = bases.DefaultDigest();

        File.WriteAllText(Path.Combine(model, "README.md"), "what it is");
        var withProse = bases.DefaultDigest();
        File.WriteAllText(Path.Combine(model, "model.safetensors"), "weighs!");
        var withOtherWeights = bases.DefaultDigest();
        File.Move(Path.Combine(model, "model.safetensors"), Path.Combine(model, "model2.safetensors"));
        var withAnotherName = bases.DefaultDigest();

        Assert.Matches("^[0-9a-f]{64}$", before);
        Assert.Equal(before, withProse);
        Assert.Equal(3, new HashSet<string>([before, withOtherWeights, withAnotherName]).Count);
    }

    [Fact]
    public void A_digest_that_could_not_be_read_is_read_when_it_can_be()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), "{}");
        var bases = new BaseModels(new SearchPath([]), "hub/base");
        var held = new FileStream(Path.Combine(folder.Path, "config.json"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        Assert.Throws<IOException>(() => bases.Digest(folder.Path));
        held.Dispose();

        Assert.Matches("^[0-9a-f]{64}$", bases.Digest(folder.Path));
    }

    [Fact]
    public void A_model_that_is_not_there_has_a_digest_too()
    {
        using var folder = new TemporaryFolder();

        var digest = new BaseModels(new SearchPath([folder.Path]), "hub/base").DefaultDigest();

        Assert.Matches("^[0-9a-f]{64}$", digest);
    }

    [Fact]
    public void The_installed_models_are_the_folders_of_a_T5_and_no_others()
    {
        using var folder = new TemporaryFolder();
        Write("hub/t5", ("config.json", """{"model_type": "t5"}"""), ("model.safetensors", "weights"));
        Write("hub/llama", ("config.json", """{"model_type": "llama"}"""), ("model.safetensors", "weights"));
        Write("hub/module", ("adapter_config.json", "{}"), ("adapter_model.safetensors", "weights"));
        Write("hub/empty", ("config.json", """{"model_type": "t5"}"""));
        Write("hub/odd", ("config.json", "not JSON"), ("pytorch_model.bin", "weights"));
        var bases = new BaseModels(new SearchPath([folder.Path]), "hub/t5");

        Assert.Equal(["hub/t5"], bases.Known);
        Assert.True(bases.IsInstalled("hub/t5"));
        Assert.All(["hub/llama", "hub/module", "hub/empty", "hub/odd", "hub/none", "../t5"], id => Assert.False(bases.IsInstalled(id), id));
        Assert.Equal(bases.DefaultDigest(), bases.DigestOf("hub/t5"));
        Assert.Null(bases.DigestOf("hub/none"));

        void Write(string id, params (string Name, string Content)[] files)
        {
            var path = Directory.CreateDirectory(Path.Combine(folder.Path, id)).FullName;
            foreach (var (name, content) in files)
            {
                File.WriteAllText(Path.Combine(path, name), content);
            }
        }
    }
}
