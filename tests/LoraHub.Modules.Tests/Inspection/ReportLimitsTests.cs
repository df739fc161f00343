using LoraHub.Core;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Inspection;
using LoraHub.Modules.Tests.Support;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Tests.Inspection;

/// <summary>
/// Inspection stays within its limits whatever shapes a module declares. The base model is missing, so shapes are not compared with it.
/// </summary>
public sealed class ReportLimitsTests : IDisposable
{
    const string Layer = "encoder.block.0.layer.0.SelfAttention.q";

    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, 300_000, 300_000)]
    [InlineData(1, 3_000_000, 1)]
    [InlineData(200_000, 1, 1)]
    public void A_dimension_over_the_limit_is_refused_with_the_name_of_the_setting(int rank, int output, int input) =>
        AssertRefused("a dimension is 1 to 131072 (Limits:ModuleDimension)", rank, (Layer, output, input));

    [Fact]
    public void More_matrices_than_the_limit_are_refused() => AssertRefused(
        "holds 5000 matrices; a module may have 4096 (Limits:ModuleMatrices)",
        1,
        [.. Enumerable.Range(0, 2500).Select(i => ($"layer.{i:0000}", 1, 1))]);

    [Fact]
    public void Many_layers_of_different_sizes_are_refused_before_they_are_read() => AssertRefused(
        "MiB of memory; the limit is 256 MiB (Limits:ReportBytes)",
        1,
        [.. Enumerable.Range(0, 40).Select(i => ($"layer.{i:00}", 50_000 + i, 60_000 + i))]);

    [Fact]
    public void A_rank_whose_singular_values_need_more_memory_than_the_limit_is_refused() =>
        AssertRefused("MiB of memory; the limit is 256 MiB (Limits:ReportBytes)", 20_000, (Layer, 1, 1));

    [Fact]
    public void A_rank_whose_singular_values_take_hours_is_refused() =>
        AssertRefused("operations; the limit is 4e+11. ", 1200, [.. Enumerable.Range(0, 8).Select(i => ($"layer.{i}", 2, 2))]);

    [Fact]
    public void A_very_long_layer_name_is_refused() =>
        AssertRefused("a layer whose name has 5000 characters", 1, (new string('x', 5000), 1, 1));

    [Fact]
    public void The_largest_module_within_the_limits_allocates_at_most_100_MB()
    {
        AdapterFolder.Write(_folder, 1, [(Layer, 131_072, 131_072)]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var report = new ModuleInspector(new BaseModels(new SearchPath([]), "some/base")).Inspect(_folder, TestContext.Current.CancellationToken);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 100_000_000);
        Assert.Equal(1, Assert.Single(report.Layers).EffectiveRank, 1e-9);
    }

    /// <summary>Stored sketches depend on this.</summary>
    [Fact]
    public void A_seeded_random_gives_the_same_bytes_in_pieces_as_at_once()
    {
        var (whole, pieces, random) = (new byte[1000], new byte[1000], new Random(42));
        new Random(42).NextBytes(whole);
        for (var i = 0; i < 10; i++)
        {
            random.NextBytes(pieces.AsSpan(i * 100, 100));
        }

        Assert.Equal(whole, pieces);
    }

    void AssertRefused(string message, int rank, params (string Layer, int Output, int Input)[] layers)
    {
        AdapterFolder.Write(_folder, rank, layers);
        var inspector = new ModuleInspector(new BaseModels(new SearchPath([]), "some/base"), new LimitsOptions());
        var before = GC.GetAllocatedBytesForCurrentThread();

        var refused = Assert.Throws<ModuleRefusedException>(() => inspector.Inspect(_folder, TestContext.Current.CancellationToken));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(ModuleFiles.Weights, refused.FieldName);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }
}
