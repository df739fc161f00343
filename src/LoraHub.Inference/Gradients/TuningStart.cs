using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;
using LoraHub.Formats.Adapters;
using LoraHub.Formats.Tensors;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Kernels;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Gradients;

/// <summary>The factors that a training begins with. The caller disposes them.</summary>
static class TuningStart
{
    /// <summary>A new LoRA as PEFT initializes it: A is uniform within ±1 / √in, B is zero, so that it changes nothing yet.</summary>
    /// <exception cref="PredictionException">A target matches no layer, or the rank is above a layer's.</exception>
    public static LoraFactors New(T5Model model, TuningSettings settings, long seed)
    {
        var type = model.StreamType.ToDType();
        var entries = Targets(model, settings).SelectMany(layer => Entries(layer, model.ShapeOf(layer)!, settings.Rank, type));
        var layout = AdapterLayout.Read(
            entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal), new AdapterConfig { Rank = settings.Rank, Alpha = settings.Alpha });
        return New(model, layout, settings.Scope, seed);
    }

    /// <summary>The same with a given layout.</summary>
    public static LoraFactors New(T5Model model, AdapterLayout layout, TuningScope trained, long seed)
    {
        using var scope = NewDisposeScope();
        var type = model.StreamType;
        using var generator = new Generator(unchecked((ulong)seed));
        var numbers = zeros(layout.Size, type);
        foreach (var slot in layout.Slots)
        {
            var bound = 1 / Math.Sqrt(slot.Input);
            var drawn = rand([slot.Rank, slot.Input], dtype: type, generator: generator); // in [0, 1)
            slot.A(numbers).copy_(drawn.mul_(LiveScalar.Of(2 * bound)).sub_(LiveScalar.Of(bound)));
        }

        return new LoraFactors(layout, numbers.to(model.Device), trained);
    }

    /// <summary>A module's factors.</summary>
    /// <exception cref="PredictionException">It has none in the scope.</exception>
    public static LoraFactors From(LoraModule module, TuningSettings settings)
    {
        using var scope = NewDisposeScope();
        return module.Layout.Slots.Any(slot => LoraFactors.IsInScope(slot.Layer, settings.Scope))
            ? new LoraFactors(module.Layout, module.ExactNumbers(), settings.Scope)
            : throw new PredictionException(
                $"{TrainingSchema.Scope}: `{module.Info.Id}` has no factors in the {settings.Scope.ToString().ToLowerInvariant()}; set it to `all`.");
    }

    /// <summary>
    /// The composition Σ wᵢ · scalingᵢ · BᵢAᵢ as one LoRA: A has the rows √|wᵢ| · Aᵢ, B the columns with the rest, so that both factors are of
    /// similar size. A module of weight 0 has zeros in B and a small A, which steps can grow.
    /// </summary>
    /// <param name="weights">In the order of the modules.</param>
    public static LoraFactors Balanced(IReadOnlyList<LoraModule> modules, IReadOnlyList<double> weights, TuningScope scope)
    {
        const double Smallest = 1e-3; // of |w|

        using var outer = NewDisposeScope();
        var layout = SideBySide(modules.SelectMany(module => module.Layout.Slots));
        var numbers = zeros(layout.Size, modules[0].ExactType, modules[0].Numbers.device);
        var rows = layout.Slots.ToDictionary(slot => slot.Layer, _ => 0);
        foreach (var (module, weight) in modules.Zip(weights))
        {
            using var inner = NewDisposeScope();
            var (exact, root) = (module.ExactNumbers(), Math.Sqrt(Math.Max(Math.Abs(weight), Smallest)));
            foreach (var slot in module.Layout.Slots)
            {
                var (own, row) = (layout.Of(slot.Layer)!, rows[slot.Layer]);
                own.A(numbers).narrow(0, row, slot.Rank).copy_(slot.A(exact).mul(LiveScalar.Of(root)));
                own.B(numbers).narrow(1, row, slot.Rank).copy_(slot.B(exact).mul(LiveScalar.Of(weight / root * slot.Scaling)));
                rows[slot.Layer] = row + slot.Rank;
            }
        }

        return new LoraFactors(layout, numbers, scope);
    }

    /// <summary>The layout in which the factors of all slots of a layer are side by side, with the scaling in them.</summary>
    public static AdapterLayout SideBySide(IEnumerable<LayerSlot> slots) => AdapterLayout.Of(slots.GroupBy(slot => slot.Layer)
        .Select(layer => (layer.Key, layer.Sum(slot => slot.Rank), layer.First().Input, layer.First().Output)));

    static TensorEntry[] Entries(string layer, IReadOnlyList<long> shape, int rank, DType type)
    {
        var most = shape.Min();
        return rank <= most
            ? [
                new TensorEntry(AdapterLayout.Key(layer, "lora_A"), type, [rank, shape[1]]),
                new TensorEntry(AdapterLayout.Key(layer, "lora_B"), type, [shape[0], rank]),
            ]
            : throw new PredictionException(
                $"{TrainingSchema.Rank}: {rank} is above the rank of `{layer}`, which is {shape[0]} × {shape[1]}; give at most {most}.");
    }

    /// <summary>The layers of the scope whose names end with a target, as PEFT matches them.</summary>
    static string[] Targets(T5Model model, TuningSettings settings)
    {
        const string Suffix = ".weight";
        var layers = model.Tensors.Keys
            .Where(name => name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(name => name[..^Suffix.Length])
            .Where(layer => model.ShapeOf(layer) is not null && LoraFactors.IsInScope(layer, settings.Scope))
            .ToArray();
        foreach (var target in settings.TargetModules.Where(target => !layers.Any(layer => IsMatch(layer, target))))
        {
            var known = layers.Select(layer => layer[(layer.LastIndexOf('.') + 1)..]).Distinct().Order(StringComparer.Ordinal);
            throw new PredictionException(
                $"{TrainingSchema.TargetModules}: `{target}` matches no linear layer of the {Word(settings.Scope)}; use {string.Join(", ", known)}.");
        }

        return [.. layers.Where(layer => settings.TargetModules.Any(target => IsMatch(layer, target)))];
    }

    // PEFT's lists sometimes have `.k`, because its version 0.4 also finds `k` at the end of `block`.
    static bool IsMatch(string layer, string target) =>
        layer == target || layer.EndsWith("." + target.TrimStart('.'), StringComparison.Ordinal);

    static string Word(TuningScope scope) => scope == TuningScope.All ? "base model" : scope.ToString().ToLowerInvariant();
}
