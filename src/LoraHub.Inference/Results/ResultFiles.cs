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
sealed class ResultFiles(LoadedPlan plan, FoundAdapter found, PredictionOutput output, SearchLog log)
{
    /// <summary>Writes <c>adapter.zip</c> (unless one is reused), <c>checkpoint.zip</c> if requested, and <c>trace.json</c> after a search.</summary>
    public PredictionResult Write(string folder, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var isReused = plan.Input.Adapter is not null;
        var peft = found.ToPeft();
        var card = isReused ? ReusedAdapter.ReadCard(folder) : ModelCard.Write(plan, output, log.Steps, peft.Rank);
        if (!peft.IsFinite())
        {
            throw new PredictionException("The composed adapter holds numbers that are not finite; use smaller weights.");
        }

        return new PredictionResult(
            output,
            isReused ? AdapterZip.Path(folder) : AdapterZip.Write(folder, plan.Base, peft, card),
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
            AdapterZip.Add(zip, Path.GetFileName(file), stream =>
            {
                using var source = File.OpenRead(file);
                source.CopyTo(stream);
            });
            File.Delete(file);
        }

        AdapterZip.Add(zip, "README.md", card);
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
            Slopes = log.Slopes.Count > 0 ? log.Slopes : null,
            Screens = log.Screens.Count > 0 ? log.Screens : null,
            Steps = log.Steps,
            Tuning = log.Tuning.Count > 0 ? log.Tuning : null,
        };
        var path = Path.Combine(folder, "trace.json");
        using var file = File.Create(path);
        trace.Write(file);
        return path;
    }

    static string Word<T>(T choice)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString());
}
