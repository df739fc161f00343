using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Modules with random weights, as a control.</summary>
public sealed class RandomDirectionsTests(MiniModel mini) : IClassFixture<MiniModel>
{
    [Theory]
    [InlineData("t5_mini-plurals")]
    [InlineData("t5_mini-acronyms_all_linear")]
    public void Every_factor_has_the_norm_of_the_original_and_a_random_direction(string name)
    {
        using var scope = NewDisposeScope();
        using var module = TestModels.MiniModule(name, mini.Fp32.Model);
        using var random = module.WithRandomDirections(5);

        foreach (var slot in module.Layout.Slots)
        {
            foreach (var (own, other) in new[] { (slot.A(module.Numbers), slot.A(random.Numbers)), (slot.B(module.Numbers), slot.B(random.Numbers)) })
            {
                GoldenTensors.AssertClose(own.norm().item<float>(), other.norm().item<float>(), 1e-5, slot.Layer);
                Assert.InRange(Math.Abs(own.mul(other).sum().item<float>() / (own.norm().item<float>() * other.norm().item<float>())), 0, 0.2);
            }
        }
    }

    [Fact]
    public void The_directions_depend_on_the_seed_and_the_digest()
    {
        using var module = TestModels.MiniModule("t5_mini-plurals", mini.Fp32.Model);
        using var random = module.WithRandomDirections(5);
        using var again = module.WithRandomDirections(5);
        using var other = module.WithRandomDirections(6);

        Assert.Equal(random.Numbers.data<float>().ToArray(), again.Numbers.data<float>().ToArray());
        Assert.NotEqual(random.Numbers.data<float>().ToArray(), other.Numbers.data<float>().ToArray());
        Assert.Equal(random.Digest, again.Digest);
        Assert.Equal(3, new[] { module.Digest, random.Digest, other.Digest }.Distinct().Count());
    }
}
