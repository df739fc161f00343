using LoraHub.Inference.Models;
using LoraHub.Inference.Tests.Checkpoints;

namespace LoraHub.Inference.Tests.Models;

public sealed class ModelDigestTests
{
    [Fact]
    public void A_digest_changes_with_any_byte_and_any_name_but_not_with_prose()
    {
        using var folder = new TemporaryFolder();
        var model = Directory.CreateDirectory(Path.Combine(folder.Path, "hub", "base")).FullName;
        var catalog = new FolderModuleCatalog(new ModelFolders([folder.Path]), "hub/base");
        File.WriteAllText(Path.Combine(model, "config.json"), "{}");
        File.WriteAllText(Path.Combine(model, "model.safetensors"), "weights");
        var before = catalog.DigestBaseModel();

        File.WriteAllText(Path.Combine(model, "README.md"), "what it is");
        var withProse = catalog.DigestBaseModel();
        File.WriteAllText(Path.Combine(model, "model.safetensors"), "weighs!");
        var withOtherWeights = catalog.DigestBaseModel();
        File.Move(Path.Combine(model, "model.safetensors"), Path.Combine(model, "model2.safetensors"));
        var withAnotherName = catalog.DigestBaseModel();

        Assert.Matches("^[0-9a-f]{64}$", before);
        Assert.Equal(before, withProse);
        Assert.Equal(3, new HashSet<string>([before, withOtherWeights, withAnotherName]).Count);
    }

    [Fact]
    public void A_digest_that_could_not_be_read_is_read_when_it_can_be()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), "{}");
        var held = new FileStream(Path.Combine(folder.Path, "config.json"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        Assert.Throws<IOException>(() => ModelDigest.Of(folder.Path));
        held.Dispose();

        Assert.Matches("^[0-9a-f]{64}$", ModelDigest.Of(folder.Path));
    }

    [Fact]
    public void A_model_that_is_not_there_has_a_digest_too()
    {
        using var folder = new TemporaryFolder();

        var digest = new FolderModuleCatalog(new ModelFolders([folder.Path]), "hub/base").DigestBaseModel();

        Assert.Matches("^[0-9a-f]{64}$", digest);
    }
}
