using System.Text.Json;
using System.Text.RegularExpressions;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Selects the files of a Hub model that a T5 needs.</summary>
static partial class BaseModelFiles
{
    public const string Config = "config.json";

    const long MostTextBytes = 64L << 20;

    static readonly string[] Tokenizers = ["tokenizer.json", "spiece.model"];

    static readonly string[] Optional = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json"];

    static readonly string[] Weights = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    /// <summary>The configuration, tokenizer and shard index: they show whether the model is supported, so they are downloaded first.</summary>
    /// <exception cref="HubException">A file is missing or too large.</exception>
    public static IReadOnlyList<HubFile> Small(HubModel model)
    {
        if (!model.Files.ContainsKey(Config))
        {
            var cure = model.Files.ContainsKey("adapter_config.json") ? "; it is a module: use `lorahub modules pull`" : "";
            throw new HubException($"{model.Id} has no {Config} and is not a base model{cure}.");
        }

        if (!Tokenizers.Any(model.Files.ContainsKey))
        {
            throw new HubException($"{model.Id} has neither {string.Join(" nor ", Tokenizers)}; a T5 needs one of these.");
        }

        string[] names = [Config, .. Tokenizers.Concat(Optional).Where(model.Files.ContainsKey)];
        var weights = WeightsFile(model);
        return [.. names.Select(name => model.File(name, MostTextBytes)), .. IsIndex(weights) ? [model.File(weights, MostTextBytes)] : (HubFile[])[]];
    }

    /// <summary>The weights: one file, or the shards that the index in the folder lists.</summary>
    /// <exception cref="HubException">The index is invalid, or lists a file that the model does not have.</exception>
    public static IReadOnlyList<HubFile> Large(HubModel model, string folder, long mostBytes)
    {
        var weights = WeightsFile(model);
        return IsIndex(weights)
            ? [.. Shards(model, Path.Combine(folder, weights), weights).Select(name => model.File(name, mostBytes))]
            : [model.File(weights, mostBytes)];
    }

    static string WeightsFile(HubModel model) =>
        Array.Find(Weights, model.Files.ContainsKey) ?? throw new HubException($"{model.Id} has none of {string.Join(", ", Weights)}.");

    static bool IsIndex(string name) => name.EndsWith(".json", StringComparison.Ordinal);

    static IEnumerable<string> Shards(HubModel model, string path, string index)
    {
        string?[] names;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            names = [.. document.RootElement.GetProperty("weight_map").EnumerateObject().Select(pair => pair.Value.GetString()).Distinct()];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new HubException($"{index} of {model.Id} is not a valid index of shards.", exception);
        }

        return Array.TrueForAll(names, name => name is not null && ShardName().IsMatch(name))
            ? names.OfType<string>().Order(StringComparer.Ordinal)
            : throw new HubException($"{index} of {model.Id} lists a shard with an invalid file name.");
    }

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,120}\.(safetensors|bin)\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ShardName();
}
