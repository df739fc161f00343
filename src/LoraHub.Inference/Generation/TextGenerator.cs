using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using LoraHub.Core.Threading;
using LoraHub.Inference.Kernels;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;

namespace LoraHub.Inference.Generation;

/// <summary>A prompt with its models in memory.</summary>
/// <param name="Base">Borrowed.</param>
/// <param name="Module">Borrowed; null for the base model alone.</param>
/// <param name="Start">When the prediction began; the clock's timestamp.</param>
sealed record LoadedPrompt(GenerationPlan Plan, BaseModel Base, LoraModule? Module, long Start);

/// <summary>Answers prompts: those for one base model together, in its running batch. Safe for several threads.</summary>
/// <param name="textTokens">The most tokens of a prompt.</param>
sealed class TextGenerator(int textTokens, TimeProvider time)
{
    // The operations of a model with fewer numbers take microseconds.
    const long WorthThreads = 20_000_000;

    readonly Lock _gate = new();
    readonly Dictionary<T5Model, RunningBatch> _batches = []; // those that run

    /// <summary>Completes when nothing uses the prompt's models anymore.</summary>
    /// <exception cref="PredictionException">The prompt cannot be answered.</exception>
    /// <exception cref="OperationCanceledException">Canceled.</exception>
    public async Task AnswerAsync(LoadedPrompt prompt, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        var input = prompt.Plan.Input;
        LogModels(prompt, progress);
        var ids = Tokenize(prompt, progress);
        var answer = new TextAnswer(prompt, progress, time);
        var batched = new BatchedPrompt
        {
            Ids = ids,
            Module = prompt.Module,
            Decoding = DecodingOf(prompt),
            MostRows = input.Beams,
            MostTokens = input.MaxNewTokens,
            Receive = answer.Receive,
            CancellationToken = cancellationToken,
        };
        Join(prompt.Base.Model, batched);
        await batched.Ended;
        answer.Complete(ids.Length);
    }

    static void LogModels(LoadedPrompt prompt, IPredictionProgress progress)
    {
        progress.Log(prompt.Module is { } module
            ? $"Model: {module.Info.Id} (r {module.Info.Rank}, sha256 {module.Digest[..12]}) on {prompt.Base.Id}"
            : $"Model: {prompt.Base.Id}");
        if (prompt.Base.Model.Generation.Ignored is { Count: > 0 } ignored)
        {
            progress.Log($"Not followed of the base model's generation settings: {string.Join(", ", ignored)}.");
        }
    }

    static Decoding DecodingOf(LoadedPrompt prompt)
    {
        var (input, generation) = (prompt.Plan.Input, prompt.Base.Model.Generation);
        return input.Temperature > 0 ? new SamplingDecoding(generation, input, prompt.Plan.Seed)
            : input.Beams > 1 ? new BeamDecoding(generation, input.Beams, input.MaxNewTokens)
            : new GreedyDecoding(generation, input.MaxNewTokens);
    }

    int[] Tokenize(LoadedPrompt prompt, IPredictionProgress progress)
    {
        var (ids, isCut) = prompt.Base.Tokenizer.Encode(prompt.Plan.Input.Prompt, textTokens);
        prompt.Base.CheckHasRows(ids, PromptSchema.Prompt);
        if (isCut)
        {
            progress.Log($"{PromptSchema.Prompt} is longer than {ids.Length} tokens and was cut.");
        }

        Instruments.CountInputTokens(ids.Length);
        return ids;
    }

    void Join(T5Model model, BatchedPrompt prompt)
    {
        lock (_gate)
        {
            if (_batches.TryGetValue(model, out var running) && running.TryJoin(prompt))
            {
                return;
            }

            var batch = _batches[model] = new RunningBatch(model);
            batch.TryJoin(prompt);
            _ = OwnThread.RunAsync(() => Run(model, batch));
        }
    }

    void Run(T5Model model, RunningBatch batch)
    {
        if (model.Parameters < WorthThreads)
        {
            Threads.UseOne(); // the other processors serve the requests
        }

        batch.Run();
        lock (_gate)
        {
            if (_batches.GetValueOrDefault(model) == batch)
            {
                _batches.Remove(model);
            }
        }
    }
}
