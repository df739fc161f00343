using System.Text.Json.Nodes;
using LoraHub.Formats.Adapters;
using LoraHub.Modules.HuggingFace;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace LoraHub.Api.Commands.Modules;

/// <summary>Publishes a module on the Hugging Face Hub and prints the outcome. In a terminal a bar on standard error shows what was sent.</summary>
static class HuggingFacePush
{
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Invocation invocation, string folder, string id, string? baseModel, bool isPrivate, string? message)
    {
        if (invocation.Service<IOptions<HubOptions>>().Value.Token is null)
        {
            throw new UsageException("Pushing to the Hub needs a token with write permission: set HF_TOKEN (or Hub:Token), or use --token.");
        }

        var request = new PushRequest(id, folder, Base(folder, baseModel), isPrivate, message ?? "Upload with lorahub");
        var push = invocation.Service<HubPush>();
        try
        {
            Show(invocation.Output, await WatchAsync(progress => push.RunAsync(request, progress, invocation.CancellationToken)));
            return ExitCode.Succeeded;
        }
        catch (OperationCanceledException) when (invocation.CancellationToken.IsCancellationRequested)
        {
            Output.Note("Stopped; files that arrived whole are not sent again. Run the same command to resume.");
            throw;
        }
    }

    /// <exception cref="UsageException">The base model's name is invalid or unknown.</exception>
    static string Base(string folder, string? given)
    {
        if (given is not null)
        {
            return ModelId.Find(given) ?? throw new UsageException($"--base: `{given}` is not owner/name, such as google/flan-t5-large.");
        }

        try
        {
            return ModelId.Find(AdapterConfig.Load(folder).BaseModel)
                ?? throw new UsageException("adapter_config.json does not name its base model as owner/name; use --base OWNER/NAME.");
        }
        catch (AdapterException exception)
        {
            throw new UsageException($"{folder}: {exception.Message}");
        }
    }

    static Task<PushOutcome> WatchAsync(Func<IPushProgress, Task<PushOutcome>> pushAsync) => Output.Errors.Profile.Out.IsTerminal
        ? Output.Errors.Progress()
            .AutoClear(enabled: true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn())
            .StartAsync(context => pushAsync(new Bar(context)))
        : pushAsync(new Bar(context: null));

    static void Show(Output output, PushOutcome outcome)
    {
        var at = $"{outcome.Url} at {outcome.Commit[..12]}";
        output.WriteOutcome(
            outcome.Files.Count == 0
                ? $"{at}: the Hub has this module already."
                : $"{at}: {string.Join(", ", outcome.Files)}; {Output.Size(outcome.Bytes)} uploaded.",
            new JsonObject
            {
                ["id"] = outcome.Id,
                ["url"] = outcome.Url,
                ["commit"] = outcome.Commit,
                ["files"] = new JsonArray([.. outcome.Files.Select(file => JsonValue.Create(file))]),
                ["uploaded_bytes"] = outcome.Bytes,
            });
    }

    sealed class Bar(ProgressContext? context) : IPushProgress
    {
        ProgressTask? _bar;

        public void Started(long bytes)
        {
            if (context is not null)
            {
                _bar ??= context.AddTask("Uploading");
                _bar.MaxValue = Math.Max(1, bytes);
                _bar.Value = 0;
            }
        }

        public void Sent(long bytes) => _bar?.Increment(bytes);
    }
}
