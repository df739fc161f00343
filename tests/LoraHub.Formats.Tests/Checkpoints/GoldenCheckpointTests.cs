using System.Security.Cryptography;
using System.Text.Json;

using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Tests.Checkpoints;

/// <summary>Every file of tests/golden/pickle: good ones give the right bytes, bad ones a CheckpointException, and none is run.</summary>
public sealed class GoldenCheckpointTests
{
    // What the malicious files try to create in the current folder.
    const string Proof = "PWNED";

    static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllBytes(Golden.Path("pickle/expected.json"))).RootElement;

    public static TheoryData<string, string> Readable => Cases(verdict => verdict is "ok");

    public static TheoryData<string, string> Unreadable => Cases(verdict => verdict is "refuse");

    public static TheoryData<string, string> Optional => Cases(verdict => verdict is "ok or refuse");

    [Theory]
    [MemberData(nameof(Readable))]
    public void A_good_file_gives_its_tensors(string group, string name)
    {
        using var checkpoint = CheckpointReader.Open(Golden.Path($"pickle/{group}/{name}"));

        AssertHolds(group, Expected.GetProperty(group).GetProperty(name), checkpoint);
    }

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void A_bad_file_is_refused_without_executing_it(string group, string name)
    {
        var file = Golden.Path($"pickle/{group}/{name}");

        var refusal = Assert.Throws<CheckpointException>(() => CheckpointReader.Open(file));

        Assert.StartsWith(Path.GetFileName(file), refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Proof));
    }

    [Theory]
    [MemberData(nameof(Optional))]
    public void An_unusual_file_gives_its_tensors_or_is_refused(string group, string name)
    {
        try
        {
            A_good_file_gives_its_tensors(group, name);
        }
        catch (CheckpointException refusal)
        {
            Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(Proof));
    }

    static void AssertHolds(string group, JsonElement expected, CheckpointReader checkpoint)
    {
        var tensors = expected.GetProperty("tensors").EnumerateObject().ToList();
        // A safetensors file is ordered by its data.
        Assert.Equal(
            group == "torch" ? tensors.Select(tensor => tensor.Name) : tensors.Select(tensor => tensor.Name).Order(),
            group == "torch" ? checkpoint.Entries.Keys : checkpoint.Entries.Keys.Order());

        foreach (var tensor in tensors)
        {
            var entry = checkpoint.Entries[tensor.Name];
            using var bytes = new MemoryStream();
            checkpoint.Copy(entry, bytes.Write);
            Assert.Equal(tensor.Value.GetProperty("dtype").GetString(), PythonName(entry.DType));
            Assert.Equal(tensor.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), entry.Shape);
            Assert.Equal(tensor.Value.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray())));
        }
    }

    static string PythonName(DType type) => type is DType.Byte ? "uint8" : type.ToString().ToLowerInvariant();

    static TheoryData<string, string> Cases(Func<string, bool> verdict)
    {
        var cases = new TheoryData<string, string>();
        foreach (var group in Expected.EnumerateObject())
        {
            foreach (var file in group.Value.EnumerateObject().Where(file => verdict(file.Value.GetProperty("verdict").GetString()!)))
            {
                cases.Add(group.Name, file.Name);
            }
        }

        return cases;
    }
}
