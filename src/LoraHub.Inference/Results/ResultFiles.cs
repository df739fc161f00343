using System.IO.Compression;
using System.Text.Json;

using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.Results;

/// <summary>Writes the files of a prediction. Equal predictions give equal bytes; only the trace, a separate file, contains times.</summary>
/// <param name="log">Empty when there was no search.</param>
sealed class ResultFiles(LoadedPlan plan, IComposition composition, double[] weights, PredictionOutput output, SearchLog log)
{
    // The earliest time that a zip can store.
    static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes <c>adapter.zip</c> (unless one is reused), <c>checkpoint.zip</c> if requested, and <c>trace.json</c> after a search.</summary>
    public PredictionResult Write(string folder, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var isReused = plan.Input.Adapter is not null;
        var card = isReused ? ReusedAdapter.ReadCard(folder) : ModelCard.Write(plan, output, log.Steps);
        var peft = composition.ToPeft(weights);
        if (!peft.IsFinite())
        {
            throw new PredictionException("The composed adapter holds numbers that are not finite; use smaller weights.");
        }

        var adapter = Path.Combine(folder, "adapter.zip");
        if (!isReused)
        {
            using var zip = ZipFile.Open(adapter, ZipArchiveMode.Create);
            Add(zip, "adapter_config.json", peft.Config(plan.Base.Id, [.. plan.Base.Model.Tensors.Keys]));
            Add(zip, "adapter_model.safetensors", peft.WriteWeights);
            Add(zip, "README.md", card);
        }

        return new PredictionResult(
            output,
            adapter,
            plan.Input.OutputFormat == OutputFormat.Checkpoint ? WriteCheckpoint(folder, card, peft, cancellationToken) : null,
            log.Steps.Count > 0 ? WriteTrace(folder) : null);
    }

    string WriteCheckpoint(string folder, string card, PeftAdapter peft, CancellationToken cancellationToken)
    {
        var parts = Directory.CreateDirectory(Path.Combine(folder, "checkpoint")).FullName;
        MergedCheckpoint.Write(plan.Base.Model, peft, parts, cancellationToken);
        var checkpoint = Path.Combine(folder, "checkpoint.zip");
        using var zip = ZipFile.Open(checkpoint, ZipArchiveMode.Create);
        foreach (var file in Directory.EnumerateFiles(parts).Order(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Add(zip, Path.GetFileName(file), stream =>
            {
                using var source = File.OpenRead(file);
                source.CopyTo(stream);
            });
            File.Delete(file);
        }

        Add(zip, "README.md", card);
        return checkpoint;
    }

    string WriteTrace(string folder)
    {
        var input = plan.Input;
        var trace = new SearchTrace
        {
            BaseModel = plan.Base.Id,
            Seed = plan.Seed,
            Budget = input.Budget,
            Composition = Word(input.Composition),
            Objective = Word(input.Objective),
            Optimizer = input.Optimizer,
            Modules = [.. plan.Modules.Select(module => new TracedModule(module.Info.Id, module.Digest))],
            Screens = log.Screens.Count > 0 ? log.Screens : null,
            Steps = log.Steps,
        };
        var path = Path.Combine(folder, "trace.json");
        using var file = File.Create(path);
        trace.Write(file);
        return path;
    }

    static string Word<T>(T choice)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString());

    static void Add(ZipArchive zip, string name, string text) => Add(zip, name, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    static void Add(ZipArchive zip, string name, Action<Stream> write)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.NoCompression); // weights do not compress
        entry.LastWriteTime = NoTime;
        using var stream = entry.Open();
        write(stream);
    }
}
