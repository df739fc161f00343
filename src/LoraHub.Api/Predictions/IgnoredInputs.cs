using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Ranking;

namespace LoraHub.Api.Predictions;

/// <summary>What a request gave that no input takes: misspelt names, inputs of other models, inputs beside <c>input</c>. Cog drops these.</summary>
/// <param name="Fields">The model's inputs.</param>
/// <param name="Unknown">Names in <c>input</c>.</param>
/// <param name="Misplaced">Names of inputs, or nearly so, beside <c>input</c>.</param>
sealed partial record IgnoredInputs(IReadOnlyList<InputField> Fields, IReadOnlyList<string> Unknown, IReadOnlyList<string> Misplaced)
{
    /// <summary>More are only counted.</summary>
    const int MostNames = 10;

    const int LongestName = 60;

    /// <summary>A body has few keys beside <c>input</c>; comparing many with the names of inputs would take long.</summary>
    const int MostKeys = 50;

    /// <summary>The keys of both APIs' bodies, some of which are like the name of an input.</summary>
    static readonly string[] BodyKeys =
    [
        "input", "id", "version", "destination", "model", "context", "webhook", "webhook_events_filter", "webhook_completed", "stream", "output_file_prefix",
        "created_at", "started_at", "logger", "method", "path", "trace_context",
    ];

    public static IgnoredInputs None { get; } = new([], [], []);

    public bool Any => Unknown.Count + Misplaced.Count > 0;

    /// <summary>
    /// Whether the client sent itself in place of the inputs. Replicate's npm client does (1.4.0, <c>fileEncodingStrategy: 'data-uri'</c>), and
    /// expects the prediction to run.
    /// </summary>
    public bool IsClient => Unknown.Contains("auth") && Unknown.Contains("baseUrl");

    IEnumerable<string> Names => Fields.Select(input => input.Name);

    /// <param name="body">The body, with its <c>input</c>.</param>
    /// <param name="fields">The model's inputs.</param>
    public static IgnoredInputs Of(JsonObject body, IReadOnlyList<InputField> fields)
    {
        var none = None with { Fields = fields };
        return none with
        {
            Unknown = body["input"] is JsonObject input ? [.. input.Select(pair => pair.Key).Except(none.Names)] : [],
            Misplaced = [.. body.Select(pair => pair.Key).Take(MostKeys).Where(none.IsMisplaced)],
        };
    }

    /// <summary>Lines for the prediction's log.</summary>
    /// <param name="known">The inputs that are left.</param>
    public IReadOnlyList<string> Warnings(JsonObject known)
    {
        if (!Any)
        {
            return [];
        }

        var lines = IsClient
            ? ["Warning: the client sent its own settings in place of the inputs; leave out its fileEncodingStrategy."]
            : Describe().Select(one => $"Warning: ignored {(one.Name.Length == 0 ? "an input" : $"`{one.Name}`")}. {one.Reason}").ToList();
        if (!IsClient && Unknown.Count + Misplaced.Count - lines.Count is var more and > 0)
        {
            lines.Add($"Warning: ignored {more} more that are not inputs of this model.");
        }

        if (Names.Contains(InputSchema.ExampleInputs) && !Names.Contains(TrainingSchema.TrainData) // a training needs its own
            && known[InputSchema.ExampleInputs] is null && known[InputSchema.ModuleWeights] is null && known[InputSchema.Adapter] is null)
        {
            lines.Add($"Warning: `{InputSchema.ExampleInputs}` was not given; the examples of the form are used.");
        }

        return lines;
    }

    /// <summary>Errors for a request that gives nothing else.</summary>
    public IReadOnlyList<InputError> Errors() => [.. Describe().Select(one => new InputError(one.Name, one.Reason, InputErrorKind.Unknown))];

    IEnumerable<(string Name, string Reason)> Describe() => Unknown
        .Select(name => (Shown(name), $"This model has no such input. {Hint(name)}"))
        .Concat(Misplaced.Select(name => (Shown(name), Names.Contains(name)
            ? "It belongs in `input`, not beside it."
            : $"Inputs belong in `input`, not beside it. {Hint(name)}")))
        .Take(MostNames);

    bool IsMisplaced(string key) => Names.Contains(key) || (!BodyKeys.Contains(key) && Nearest(key) is not null);

    string Hint(string name) =>
        Nearest(name) is { } nearest ? $"Did you mean `{nearest}`?" : $"Its inputs are {string.Join(", ", Names)}.";

    string? Nearest(string name) => name.Length > LongestName ? null : Spelling.Closest(name, Names) is [var nearest, ..] ? nearest : null;

    /// <returns>Empty for a name that is neither a word nor like an input: it may be a secret that was sent by mistake.</returns>
    string Shown(string name) => Nearest(name) is not null || Word().IsMatch(name) ? name : "";

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_]{0,31}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
