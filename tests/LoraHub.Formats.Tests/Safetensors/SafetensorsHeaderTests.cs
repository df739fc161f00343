using System.Text;

using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Tests.Safetensors;

/// <summary>Cases that tests/golden/pickle does not cover.</summary>
public sealed class SafetensorsHeaderTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}""",
        "Duplicate property")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "not valid JSON")]
    [InlineData("""{"a":{"dtype":"\ud800","shape":[1],"data_offsets":[0,4]}}""", "not valid JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":4,"shape":[1],"data_offsets":[0,4]}}""", "must have a dtype")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", "supported types are I64, F64, F32")]
    [InlineData("""{"a":[0,4]}""", "must have a dtype")]
    [InlineData("""{"a":null}""", "must have a dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[9223372036854775807,9223372036854775807]}}""", "starts at byte")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}""", "the shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,4]}}""", "the shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}""", "not valid JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}{}""", "not valid JSON")]
    [InlineData("""{"__metadata__":[]}""", "__metadata__")]
    [InlineData(""" {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "must be a JSON object")]
    public void A_bad_header_is_refused(string header, string why)
    {
        var refusal = Assert.Throws<CheckpointException>(() => Open(header));

        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shape_of_65_dimensions_is_refused()
    {
        var ones = string.Join(',', Enumerable.Repeat(1, 65));

        Assert.Throws<CheckpointException>(() => Open($$$"""{"a":{"dtype":"F32","shape":[{{{ones}}}],"data_offsets":[0,4]}}"""));
    }

    [Fact]
    public void A_header_of_gigabytes_is_refused_before_memory_is_allocated()
    {
        var file = _folder.File("huge.safetensors", [.. BitConverter.GetBytes(3L << 30), (byte)'{']);
        using (var stream = File.OpenWrite(file))
        {
            stream.SetLength(4L << 30); // a hole: it takes no space
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<CheckpointException>(() => CheckpointReader.Open(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void An_error_message_is_short_for_any_names()
    {
        var refusal = Assert.Throws<CheckpointException>(() => Open($$$"""{"{{{new string('a', 1_000_000)}}}":{}}"""));

        Assert.InRange(refusal.Message.Length, 1000, 1200);
    }

    [Fact]
    public void Tensors_without_elements_are_valid_at_any_offset()
    {
        using var checkpoint = Open("""
            {"b":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},
             "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
             "c":{"dtype":"I8","shape":[2,0],"data_offsets":[0,0]}}
            """);

        Assert.Equal(["c", "a", "b"], checkpoint.Entries.Keys);
    }

    public void Dispose() => _folder.Dispose();

    CheckpointReader Open(string header)
    {
        var json = Encoding.UTF8.GetBytes(header);

        return CheckpointReader.Open(_folder.File("x.safetensors", [.. BitConverter.GetBytes((long)json.Length), .. json, 0, 0, 0, 0]));
    }
}
