using System.CommandLine;
using System.Text.Json.Nodes;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Evaluation;
using LoraHub.Inference;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Commands;

/// <summary>
/// <c>lorahub evaluate</c>: compares methods on a folder of tasks, in a table. It stores each result, so that an interrupted run can resume.
/// </summary>
static class EvaluateCommand
{
    const int MaxExampleDraws = 100, MaxParallel = 64;

    static readonly long[] DefaultSeeds = [1, 2, 3];

    public static Command Create(CommandHost host)
    {
        var presets = string.Join(", ", EvaluationMethod.Presets);
        var folder = new Argument<string>("folder")
        {
            Description = "The folder of the tasks: *.jsonl (an input and a target on each line; the first five lines are the examples), "
                + "or *.json in BIG-bench-hard's format.",
        };
        var methods = new Option<string[]>("--method", "-m")
        {
            Description = $"{presets}, zero-shot, or NAME={{\"input\": value}} with inputs of a request. "
                + $"May be given several times; default: {presets}.",
        };
        var seeds = new Option<long[]>("--seed", "-s")
        {
            Description = "A seed of the predictions. May be given several times; default: 1, 2, 3, or those of --draws.",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The folder of the results and tables; a run resumes from the results in it.",
            DefaultValueFactory = _ => "evaluation",
        };
        var baseModel = new Option<string?>("--base") { Description = "The base model, owner/name. Default: that of the settings." };
        var limit = new Option<int?>("--limit") { Description = "The maximum number of test lines for each task. Default: all." };
        var draws = new Option<string?>("--draws")
        {
            Description = "A JSON file that gives each seed its modules, for the methods that draw at random.",
        };
        var exampleDraws = new Option<int>("--example-draws")
        {
            Description = $"How many draws of five examples to take from each task, at most {MaxExampleDraws}; the other lines are tested. "
                + "The first has the task's own. Default: 1.",
            DefaultValueFactory = _ => 1,
        };
        var parallel = new Option<int>("--parallel")
        {
            Description = "How many predictions run side by side, each with its share of the threads (Inference:Threads). Default: 1.",
            DefaultValueFactory = _ => 1,
        };
        var against = new Option<string?>("--against")
        {
            Description = "The method that the others are compared with, in paired differences. Default: best, if it is among the methods.",
        };
        var inputs = new Option<string[]>("--input", "-i")
        {
            Description = "An input for every method that does not set it, as name=value. May be given several times.",
        };
        var command = new Command(
            "evaluate", "Compares methods on your own tasks: prints a table of exact match, with its spread over seeds and its cost.")
        {
            folder, methods, seeds, output, baseModel, limit, draws, exampleDraws, against, parallel, inputs,
        };
        return host.Verb(
            command,
            invocation => RunAsync(invocation, new Request(
                invocation.Require(folder),
                invocation.Get(methods) is { Length: > 0 } named ? named : [.. EvaluationMethod.Presets],
                invocation.Get(seeds) ?? [],
                invocation.Require(output),
                invocation.Get(baseModel),
                invocation.Get(limit),
                invocation.Get(draws),
                invocation.Require(exampleDraws),
                invocation.Get(against),
                invocation.Require(parallel),
                invocation.Get(inputs) ?? [])),
            (parsed, builder) =>
            {
                if (parsed.GetValue(baseModel) is { } chosen && ModelId.Find(chosen) is not null) // the run refuses another one
                {
                    builder.Configuration[$"{ModelsOptions.Section}:{nameof(ModelsOptions.Base)}"] = chosen;
                }

                if (parsed.GetValue(parallel) is > 1 and <= MaxParallel and var number)
                {
                    const string Threads = $"{InferenceOptions.Section}:{nameof(InferenceOptions.Threads)}";
                    var all = builder.Configuration.GetValue(Threads, Environment.ProcessorCount);
                    builder.Configuration[Threads] = $"{Math.Max(1, all / number)}";
                }
            });
    }

    static async Task<int> RunAsync(Invocation invocation, Request request)
    {
        CheckNumbersAndNames(request);
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
    static async Task RunAsync(Invocation invocation, EvaluationPlan plan, EvaluationSetting setting, EvaluationResults results, Request request)
    {
        var left = plan.Left(setting, results);
        if (left.Count == 0)
        {
            return;
        }

        if (plan.Outdated(setting, results) is > 0 and var outdated)
        {
            Output.Note(
                $"{outdated} results in {Path.Combine(request.Output, EvaluationResults.FileName)} are not used, because they were made with other files of "
                + "the base model or the modules, another machine, device or precision, or another version of the program.");
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

    static void CheckNumbersAndNames(Request request)
    {
        if (request.Base is { } id && ModelId.Find(id) is null)
        {
            throw new EvaluationException($"--base: `{id}` is not owner/name.");
        }

        if (request.Limit < 1)
        {
            throw new EvaluationException($"--limit: {request.Limit} test lines are too few; use at least 1.");
        }

        if (request.ExampleDraws is < 1 or > MaxExampleDraws)
        {
            throw new EvaluationException($"--example-draws: use 1 to {MaxExampleDraws} draws of the examples, not {request.ExampleDraws}.");
        }

        if (request.Parallel is < 1 or > MaxParallel)
        {
            throw new EvaluationException($"--parallel: use 1 to {MaxParallel} predictions side by side, not {request.Parallel}.");
        }

        if (File.Exists(request.Output))
        {
            throw new EvaluationException($"--output: `{request.Output}` is a file; name a folder.");
        }

        if (FullPath(request.Folder) == FullPath(request.Output))
        {
            throw new EvaluationException(
                $"--output: `{request.Output}` is the folder of the tasks, where the results would be read as tasks; name another folder.");
        }
    }

    static string FullPath(string path) => Path.GetFullPath(path).TrimEnd(Path.DirectorySeparatorChar);

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

    /// <summary>The arguments of the command line.</summary>
    sealed record Request(
        string Folder,
        IReadOnlyList<string> Methods,
        IReadOnlyList<long> Seeds,
        string Output,
        string? Base,
        int? Limit,
        string? Draws,
        int ExampleDraws,
        string? Against,
        int Parallel,
        IReadOnlyList<string> Inputs);
}
