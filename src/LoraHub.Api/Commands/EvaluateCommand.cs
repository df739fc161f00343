using System.CommandLine;
using System.Text.Json.Nodes;
using LoraHub.Api.Evaluation;
using LoraHub.Core;
using LoraHub.Core.Modules;
using LoraHub.Core.Predictions;
using LoraHub.Inference;
using LoraHub.Inference.Models;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Commands;

/// <summary><c>lorahub evaluate</c>: methods beside each other on a folder of tasks, as a table. What was finished is kept, so that it can be stopped and gone on with.</summary>
static class EvaluateCommand
{
    const int Succeeded = 0, Failed = 1, BadInput = 2, Canceled = 130;

    static readonly long[] DefaultSeeds = [1, 2, 3];

    /// <param name="replace">Puts other services in the place of the usual ones, or null.</param>
    public static Command Create(Action<IServiceCollection>? replace)
    {
        var folder = new Argument<string>("folder") { Description = "Holds the tasks: *.jsonl (an input and a target a line, the first five are the examples), *.json as BIG-bench-hard has it." };
        var methods = new Option<string[]>("--method", "-m")
        {
            Description = $"{string.Join(", ", EvaluationMethod.Presets)}, zero-shot, or NAME={{\"input\": value}} with inputs of a request. May be given several times; default: {string.Join(", ", EvaluationMethod.Presets)}.",
        };
        var seeds = new Option<long[]>("--seed", "-s") { Description = "A seed of the predictions. May be given several times; default: 1, 2, 3, or those of --draws." };
        var output = new Option<string>("--output", "-o") { Description = "The folder of the results and tables; a run goes on from what it holds.", DefaultValueFactory = _ => "evaluation" };
        var baseModel = new Option<string?>("--base") { Description = "The base model, owner/name. Default: that of the settings." };
        var limit = new Option<int?>("--limit") { Description = "The most test lines to take of each task. Default: all." };
        var draws = new Option<string?>("--draws") { Description = "A JSON file that gives each seed its modules, for the methods that draw at random." };
        var inputs = new Option<string[]>("--input", "-i") { Description = "An input that every method has unless it says otherwise, as name=value. May be given several times." };
        var command = new Command("evaluate", "Compares methods on your own tasks: a table of exact match, with its spread over seeds and its cost.")
        {
            folder, methods, seeds, output, baseModel, limit, draws, inputs,
        };
        command.SetAction((parsed, cancellationToken) => GuardAsync(
            () => RunAsync(
                new Request(
                    parsed.GetRequiredValue(folder),
                    parsed.GetValue(methods) is { Length: > 0 } named ? named : [.. EvaluationMethod.Presets],
                    parsed.GetValue(seeds) ?? [],
                    parsed.GetRequiredValue(output),
                    parsed.GetValue(baseModel),
                    parsed.GetValue(limit),
                    parsed.GetValue(draws),
                    parsed.GetValue(inputs) ?? []),
                replace,
                cancellationToken)));
        return command;
    }

    static async Task<int> GuardAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (EvaluationException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return BadInput;
        }
        catch (Exception exception) when (exception is OptionsValidationException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return Failed;
        }
    }

    static async Task<int> RunAsync(Request request, Action<IServiceCollection>? replace, CancellationToken cancellationToken)
    {
        CheckNumbersAndNames(request);
        var tasks = TaskFile.ReadFolder(request.Folder, request.Limit);
        EvaluationMethod[] methods = [.. request.Methods.Select(EvaluationMethod.Read)];
        var common = CommonInputs(request.Inputs);

        using var host = TerminalHost.Build(replace, request.Base is { } chosen ? [($"{ModelsOptions.Section}:{nameof(ModelsOptions.Base)}", chosen)] : []);
        var services = host.Services;
        if (request.Base is { } named && services.GetRequiredService<ModelFolders>().Find(named) is null)
        {
            throw new EvaluationException($"--base: the base model `{named}` is not here; put its Hugging Face folder into the models folder as {named}.");
        }

        var catalog = services.GetRequiredService<IModuleCatalog>();
        var draws = request.Draws is { } file ? ModuleDraws.Read(file, EvaluationSetting.Usable(catalog)) : null;
        long[] seeds = request.Seeds is { Count: > 0 } given ? [.. given.Distinct()] : [.. draws?.Seeds ?? DefaultSeeds];
        var plan = EvaluationPlan.Create(tasks, methods, seeds, common, draws, catalog);
        var setting = EvaluationSetting.Of(catalog, services.GetRequiredService<IOptions<InferenceOptions>>().Value);
        using var results = EvaluationResults.Open(request.Output);
        return await RunAsync(services, plan, setting, results, request.Output, cancellationToken);
    }

    static async Task<int> RunAsync(
        IServiceProvider services, EvaluationPlan plan, EvaluationSetting setting, EvaluationResults results, string output, CancellationToken cancellationToken)
    {
        var left = plan.Left(setting, results);
        if (left.Count > 0)
        {
            var time = services.GetRequiredService<TimeProvider>();
            var run = new EvaluationRun(services.GetRequiredService<IPredictor>(), services.GetRequiredService<IOptions<DataOptions>>().Value.Path, setting, results, time);
            try
            {
                await PrepareAsync(services.GetRequiredService<IPredictor>(), cancellationToken);
                await EvaluateTerminal.WatchAsync(plan, left, run, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                var missing = plan.Left(setting, results).Count;
                EvaluateTerminal.ShowStopped(plan.Predictions.Count - missing, plan.Predictions.Count, output);
                return Canceled;
            }
        }

        var table = EvaluationTable.Of(plan, setting, results, services.GetRequiredService<TimeProvider>().GetUtcNow());
        await File.WriteAllTextAsync(Path.Combine(output, "table.md"), EvaluationMarkdown.Write(table), CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(output, "table.json"), table.ToJson(), CancellationToken.None);
        EvaluateTerminal.Show(table, output);
        return table.Failures.Count == 0 ? Succeeded : Failed;
    }

    /// <summary>Loads the base model, so that no prediction's time holds that.</summary>
    static async Task PrepareAsync(IPredictor predictor, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Factory.StartNew(
                () => predictor.Prepare(new EvaluationRun.Silence(), cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (PredictionException exception)
        {
            throw new EvaluationException(exception.Message, exception);
        }
    }

    static void CheckNumbersAndNames(Request request)
    {
        if (request.Base is { } id && !ModelId.IsValid(id))
        {
            throw new EvaluationException($"--base: `{id}` is not owner/name.");
        }

        if (request.Limit < 1)
        {
            throw new EvaluationException($"--limit: {request.Limit} test lines are too few; take at least 1.");
        }

        if (File.Exists(request.Output))
        {
            throw new EvaluationException($"--output: `{request.Output}` is a file; name a folder.");
        }

        if (Path.GetFullPath(request.Folder).TrimEnd(Path.DirectorySeparatorChar) == Path.GetFullPath(request.Output).TrimEnd(Path.DirectorySeparatorChar))
        {
            throw new EvaluationException($"--output: `{request.Output}` holds the tasks, and what is written there would be read as one; name another folder.");
        }
    }

    static JsonObject CommonInputs(IReadOnlyList<string> inputs)
    {
        var (common, problem) = GivenInputs.Read(inputs);
        EvaluationMethod.CheckNames("--input", common ?? throw new EvaluationException($"--input: {problem}"));
        return common;
    }

    /// <summary>What the command line says.</summary>
    sealed record Request(
        string Folder, IReadOnlyList<string> Methods, IReadOnlyList<long> Seeds, string Output, string? Base, int? Limit, string? Draws, IReadOnlyList<string> Inputs);
}
