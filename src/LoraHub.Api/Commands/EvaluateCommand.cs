using System.CommandLine;
using System.Text.Json.Nodes;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Evaluation;
using LoraHub.Inference;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Commands;

/// <summary>
/// <c>lorahub evaluate</c>: compares methods on a folder of tasks, in a table. It stores each result, so that an interrupted run can resume.
/// </summary>
static class EvaluateCommand
{
    static readonly long[] DefaultSeeds = [1, 2, 3];

    public static Command Create(CommandHost host)
    {
        var arguments = new EvaluateArguments();
        var command = new Command(
            "evaluate", "Compares methods on your own tasks: prints a table of exact match, with its spread over seeds and its cost.");
        arguments.AddTo(command);
        return host.Verb(command, invocation => RunAsync(invocation, arguments.Read(invocation)), arguments.Configure);
    }

    static async Task<int> RunAsync(Invocation invocation, EvaluateRequest request)
    {
        request.Check();
        var tasks = TaskFile.ReadFolder(request.Folder, request.Limit, request.ExampleDraws);
        EvaluationMethod[] methods = [.. request.Methods.Select(EvaluationMethod.Read)];
        var common = CommonInputs(request.Inputs, invocation.Service<IOptions<LimitsOptions>>().Value.InputBytes);
        if (request.Base is { } named && invocation.Service<SearchPath>().Find(named) is null)
        {
            throw new EvaluationException(
                $"--base: the base model `{named}` is not here; put its Hugging Face folder into the models folder as {named}.");
        }

        var catalog = invocation.Service<ModuleLibrary>();
        var draws = request.Draws is { } file ? ModuleDraws.Read(file, EvaluationSetting.Usable(catalog)) : null;
        long[] seeds = request.Seeds is { Count: > 0 } given ? [.. given.Distinct()] : [.. draws?.Seeds ?? DefaultSeeds];
        var plan = EvaluationPlan.Create(tasks, methods, seeds, common, draws, catalog, request.Against);
        var setting = EvaluationSetting.Of(catalog, invocation.Service<IOptions<InferenceOptions>>().Value);
        using var results = EvaluationResults.Open(request.Output);
        await RunAsync(invocation, plan, setting, results, request);

        var table = EvaluationTable.Of(plan, setting, results, invocation.Service<TimeProvider>().GetUtcNow());
        await File.WriteAllTextAsync(Path.Combine(request.Output, "table.md"), EvaluationMarkdown.Write(table), CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(request.Output, "table.json"), table.ToJson(), CancellationToken.None);
        EvaluateTerminal.Show(invocation.Output, table, request.Output);
        return table.Failures.Count == 0 ? ExitCode.Succeeded : ExitCode.Failed;
    }

    /// <summary>Runs the predictions that have no result yet.</summary>
    static async Task RunAsync(
        Invocation invocation, EvaluationPlan plan, EvaluationSetting setting, EvaluationResults results, EvaluateRequest request)
    {
        var left = plan.Left(setting, results);
        if (left.Count == 0)
        {
            return;
        }

        if (plan.Outdated(setting, results) is > 0 and var outdated)
        {
            Output.Note(
                $"{outdated} results in {Path.Combine(request.Output, EvaluationResults.FileName)} are not used, because they were made with other "
                + "files of the base model or the modules, another machine, device or precision, or another version of the program.");
        }

        var data = invocation.Service<IOptions<DataOptions>>().Value.Path;
        var run = new EvaluationRun(
            invocation.Service<IPredictor>(), invocation.Service<ModuleLibrary>(), data, setting, results, invocation.Service<TimeProvider>())
        {
            Parallel = request.Parallel,
        };
        try
        {
            await run.PrepareAsync(invocation.CancellationToken);
            await EvaluateTerminal.WatchAsync(plan, left, run, invocation.CancellationToken);
        }
        catch (OperationCanceledException) when (invocation.CancellationToken.IsCancellationRequested)
        {
            var missing = plan.Left(setting, results).Count;
            EvaluateTerminal.ShowStopped(plan.Predictions.Count - missing, plan.Predictions.Count, request.Output);
            throw;
        }
    }

    static JsonObject CommonInputs(IReadOnlyList<string> inputs, long most)
    {
        try
        {
            var common = GivenInputs.Read(inputs, InputSchema.Fields, most);
            EvaluationMethod.CheckNames("--input", common);
            return common;
        }
        catch (UsageException exception)
        {
            throw new UsageException($"--input: {exception.Message}");
        }
    }
}
