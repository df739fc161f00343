using LoraHub.Formats.Adapters;
using LoraHub.Inference.Kernels;
using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Kernels;

/// <summary>Compares the passes over single tokens of a running batch with their plain implementations, on random shapes.</summary>
public sealed class TokenKernelTests
{
    public static TheoryData<ScalarType> Types => KernelTests.Types;

    [Theory]
    [MemberData(nameof(Types))]
    public void Tokens_attend_to_the_keys_of_their_own_rows(ScalarType type) => KernelTests.Repeat(random =>
    {
        const int Layers = 3;
        var (rows, heads, layer, appends) = (random.Next(1, 6), random.Next(1, 5), random.Next(Layers), random.Next(2) == 0);
        var width = new[] { 8, 16, 20, 32, 64, 100 }[random.Next(6)];
        int[] lengths = [.. Enumerable.Range(0, rows).Select(_ => random.Next(1, 200))];
        var numbers = lengths.Select(length => randn([Layers, 2, heads, length + random.Next(5), width]).mul_(0.5).to(type)).ToArray();
        var x = randn(rows, (appends ? 3 : 1) * heads * width).mul_(0.5).to(type);
        var bias = random.Next(2) == 0 ? null : randn(heads, 1, 200);
        var exact = numbers.Select((all, row) => all[layer].narrow(2, 0, lengths[row]).to(ScalarType.Float32)).ToArray();
        var expected = TokenAttention.Plain(x.to(ScalarType.Float32), exact, bias, appends);

        Assert.True(TokenAttention.CanProcess(bias ?? zeros(1), type, width));
        var actual = TokenAttention.Forward(x, [.. numbers.Zip(lengths, AttendedRow.Of)], layer, heads, width, bias, appends);

        KernelTests.AssertClose(expected, actual, type, 16, $"{string.Join(' ', lengths)} × {heads} × {width}");
        foreach (var (all, row) in numbers.Select((all, row) => (all, row)))
        {
            Assert.True(all[layer].narrow(2, 0, lengths[row]).to(ScalarType.Float32).eq(exact[row]).all().item<bool>()); // with what was appended
        }
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void Each_row_gets_the_update_of_its_own_module(ScalarType type) => KernelTests.Repeat(random =>
    {
        var (rows, input, output, start) = (random.Next(1, 8), random.Next(1, 300), random.Next(1, 200), random.Next(0, 40));
        var (x, y) = (randn(rows, input).to(type), randn(rows, start + output + random.Next(20)).to(type));
        int[] ranks = [.. Enumerable.Range(0, rows).Select(_ => random.Next(4) == 0 ? 0 : random.Next(1, 70))]; // 0 for no module
        var slots = ranks.Select(rank => new LayerSlot("layer", rank, 0.5, input, output, Offset: 7)).ToArray();
        var modules = slots.Select(slot => randn(slot.Offset + slot.Size).div_(8).to(type)).ToArray();
        var expected = y.to(ScalarType.Float32).clone();
        for (var row = 0; row < rows; row++)
        {
            var numbers = modules[row].to(ScalarType.Float32);
            var update = slots[row].B(numbers).matmul(slots[row].A(numbers).matmul(x[row].to(ScalarType.Float32))); // zeros for no module
            expected[row].narrow(0, start, output).add_(update.mul(0.5));
        }

        Assert.True(RowUpdates.CanProcess(x, y, ranks.Max()));
        RowUpdates.Add(x, y, start, output, [.. modules.Zip(slots, (module, slot) => slot.Rank == 0 ? default : RowUpdate.Of(module, slot))]);

        KernelTests.AssertClose(expected, y, type, 32, $"{string.Join(' ', ranks)}, {input} → {output}");
    });
}
