using LoraHub.Core.Predictions.Inputs;
using LoraHub.Formats.Adapters;
using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Kernels;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tokenization;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>Times an evaluation of the default request on the shipped model in fp32, and its matrix products alone.</summary>
static class MiniEvaluation
{
    const int Rounds = 200;

    /// <returns>Seconds.</returns>
    public static (double Evaluation, double Products) Measure()
    {
        using var noGrad = no_grad();
        var models = Path.Combine(Repository.Root, "models", "lorahub");
        using var model = T5Model.Load(Path.Combine(models, "t5-mini"), CPU, _ => ScalarType.Float32);
        var tokenizer = T5Tokenizer.Load(model.Folder);
        var (input, _) = InputParser.Parse([]);
        var (inputs, targets) = (Tokenize(input!.ExampleInputs), Tokenize(input.ExampleOutputs));
        var modules = Directory.EnumerateDirectories(models)
            .Where(folder => File.Exists(Path.Combine(folder, "adapter_config.json")))
            .Order(StringComparer.Ordinal)
            .Select(folder => (Folder: folder, Config: AdapterConfig.Load(folder)))
            .Select(module => new ModuleVersion
            {
                Id = Path.GetFileName(module.Folder),
                Folder = module.Folder,
                BaseModel = model.Folder,
                Rank = module.Config.Rank,
            })
            .Select(version => LoraModule.Load(version, model))
            .GroupBy(module => module.Layout.Signature).MaxBy(group => group.Count())!.Take(LargeWork.Modules).ToArray();
        using var composition = new FactorsComposition(modules, ScalarType.Float32);
        using var examples = new FewShotExamples(model, inputs, targets);
        using var scope = NewDisposeScope();
        var products = Products(model.Config, [.. inputs.Select(row => row.Length)], targets.Sum(row => row.Length), modules[0].Config.Rank);
        var weights = modules.Select((_, i) => 0.1 * (i % 3)).ToArray();
        var (evaluation, alone) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            evaluation.Add(InScope(() => examples.MeanTokenLosses(composition.Compose([weights]))));
            alone.Add(InScope(products));
        }

        return (Timed.Median(evaluation), Timed.Median(alone));

        int[][] Tokenize(IReadOnlyList<string> texts) => [.. texts.Select(text => tokenizer.Encode(text).Ids)];
    }

    static double InScope(Action work) => Timed.Seconds(() =>
    {
        using var scope = NewDisposeScope();
        work();
    });

    /// <summary>
    /// The matrix products of an evaluation on prepared tensors: linear layers, the encoder's attention, low-rank updates of q and v.
    /// The decoder's attention is left out, since its products are small.
    /// </summary>
    static Action Products(T5Config config, int[] lengths, int targets, int rank)
    {
        var (d, inner, ff, longest) = (config.DModel, config.NumHeads * config.DKv, config.DFf, lengths.Max());
        var (qkv, o, wi, wo) = (Packed(3 * inner, d), Packed(d, inner), Packed(2 * ff, d), Packed(d, ff));
        var (head, a, b) = (rand(config.VocabSize, d), rand(rank, d), rand(inner, rank));
        var heads = rand([lengths.Length * config.NumHeads, longest, config.DKv]);
        var (x, y) = (States(lengths.Sum()), States(targets));
        return () =>
        {
            for (var layer = 0; layer < config.NumLayers; layer++)
            {
                Layer(x, crossAttentions: 0);
                heads.bmm(heads.mT).bmm(heads);
            }

            for (var layer = 0; layer < config.DecoderLayers; layer++)
            {
                Layer(y, crossAttentions: 1);
            }

            nn.functional.linear(y.Model, head);
        };

        void Layer((Tensor Model, Tensor Inner, Tensor Dense) states, int crossAttentions)
        {
            LibTorch.Linear(states.Model, qkv);
            LibTorch.Linear(states.Model, wi);
            LibTorch.Linear(states.Dense, wo);
            for (var attention = 0; attention <= crossAttentions; attention++)
            {
                LibTorch.Linear(states.Inner, o);
                for (var adapted = 0; adapted < 2; adapted++)
                {
                    nn.functional.linear(nn.functional.linear(states.Model, a), b);
                }
            }
        }

        static Tensor Packed(long output, long input) => LibTorch.Pack(rand(output, input));

        (Tensor Model, Tensor Inner, Tensor Dense) States(long n) => (rand(n, d), rand(n, inner), rand(n, ff));
    }
}
