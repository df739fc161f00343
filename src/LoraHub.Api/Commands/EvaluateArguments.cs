using System.CommandLine;
using LoraHub.Evaluation;
using LoraHub.Inference;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands;

/// <summary>The argument and options of <c>lorahub evaluate</c>.</summary>
sealed class EvaluateArguments
{
    static readonly string Presets = string.Join(", ", EvaluationMethod.Presets);

    readonly Argument<string> _folder = new("folder")
    {
        Description = "The folder of the tasks: *.jsonl (an input and a target on each line; the first five lines are the examples), "
            + "or *.json in BIG-bench-hard's format.",
    };

    readonly Option<string[]> _methods = new("--method", "-m")
    {
        Description = $"{Presets}, zero-shot, or NAME={{\"input\": value}} with inputs of a request. "
            + $"May be given several times; default: {Presets}.",
    };

    readonly Option<long[]> _seeds = new("--seed", "-s")
    {
        Description = "A seed of the predictions. May be given several times; default: 1, 2, 3, or those of --draws.",
    };

    readonly Option<string> _output = new("--output", "-o")
    {
        Description = "The folder of the results and tables; a run resumes from the results in it.",
        DefaultValueFactory = _ => "evaluation",
    };

    readonly Option<string?> _baseModel = new("--base") { Description = "The base model, owner/name. Default: that of the settings." };

    readonly Option<int?> _limit = new("--limit") { Description = "The maximum number of test lines for each task. Default: all." };

    readonly Option<string?> _draws = new("--draws")
    {
        Description = "A JSON file that gives each seed its modules, for the methods that draw at random.",
    };

    readonly Option<int> _exampleDraws = new("--example-draws")
    {
        Description = $"How many draws of five examples to take from each task, at most {EvaluateRequest.MaxExampleDraws}; "
            + "the other lines are tested. The first has the task's own. Default: 1.",
        DefaultValueFactory = _ => 1,
    };

    readonly Option<int> _parallel = new("--parallel")
    {
        Description = "How many predictions run side by side, each with its share of the threads (Inference:Threads). Default: 1.",
        DefaultValueFactory = _ => 1,
    };

    readonly Option<string?> _against = new("--against")
    {
        Description = "The method that the others are compared with, in paired differences. Default: best, if it is among the methods.",
    };

    readonly Option<string[]> _inputs = new("--input", "-i")
    {
        Description = "An input for every method that does not set it, as name=value. May be given several times.",
    };

    public void AddTo(Command command)
    {
        command.Arguments.Add(_folder);
        foreach (var option in (Option[])[_methods, _seeds, _output, _baseModel, _limit, _draws, _exampleDraws, _against, _parallel, _inputs])
        {
            command.Options.Add(option);
        }
    }

    public EvaluateRequest Read(Invocation invocation) => new(
        invocation.Require(_folder),
        invocation.Get(_methods) is { Length: > 0 } named ? named : [.. EvaluationMethod.Presets],
        invocation.Get(_seeds) ?? [],
        invocation.Require(_output),
        invocation.Get(_baseModel),
        invocation.Get(_limit),
        invocation.Get(_draws),
        invocation.Require(_exampleDraws),
        invocation.Get(_against),
        invocation.Require(_parallel),
        invocation.Get(_inputs) ?? []);

    /// <summary>Changes the settings that the arguments decide. Wrong arguments change none: the run refuses them.</summary>
    public void Configure(ParseResult parsed, HostApplicationBuilder builder)
    {
        if (parsed.GetValue(_baseModel) is { } chosen && ModelId.Find(chosen) is not null)
        {
            builder.Configuration[$"{ModelsOptions.Section}:{nameof(ModelsOptions.Base)}"] = chosen;
        }

        if (parsed.GetValue(_parallel) is > 1 and <= EvaluateRequest.MaxParallel and var parallel)
        {
            const string Threads = $"{InferenceOptions.Section}:{nameof(InferenceOptions.Threads)}";
            var all = builder.Configuration.GetValue(Threads, Environment.ProcessorCount);
            builder.Configuration[Threads] = $"{Math.Max(1, all / parallel)}";
        }
    }
}
