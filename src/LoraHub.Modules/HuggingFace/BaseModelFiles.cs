using System.Text.Json;
using System.Text.RegularExpressions;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Which of a hub model's files a T5 needs here.</summary>
static partial class BaseModelFiles
{
    public const string Config = "config.json";

    const long MostTextBytes = 64L << 20;

    static readonly string[] Tokenizers = ["tokenizer.json", "spiece.model"];

    static readonly string[] Optional = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json"];

    static readonly string[] Weights = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    /// <summary>Whether a folder has weights, by the names of its files.</summary>
    public static bool HasWeights(string folder) => Weights.Any(name => File.Exists(Path.Combine(folder, name)));

    /// <summary>What says whether the model is one that can be used; to be looked at before the rest is fetched.</summary>
    /// <exception cref="HubException">One is missing or too large.</exception>
    public static IReadOnlyList<HubFile> Small(HubModel model)
    {
        if (!model.Files.ContainsKey(Config))
        {
            throw new HubException($"{model.Id} has no {Config}: it is no base model{(model.Files.ContainsKey("adapter_config.json") ? ", but a module; `lorahub modules pull` brings it" : "")}.");
        }

        if (!Tokenizers.Any(model.Files.ContainsKey))
        {
            throw new HubException($"{model.Id} has neither {string.Join(" nor ", Tokenizers)}; a T5 needs one of them.");
        }

        string[] names = [Config, .. Tokenizers.Concat(Optional).Where(model.Files.ContainsKey)];
        var weights = WeightsFile(model);
        return [.. names.Select(name => model.File(name, MostTextBytes)), .. IsIndex(weights) ? [model.File(weights, MostTextBytes)] : (HubFile[])[]];
    }

    /// <summary>The weights: one file, or those that the index in the folder names.</summary>
    /// <exception cref="HubException">The index is none, or names what is no file of the model.</exception>
    public static IReadOnlyList<HubFile> Large(HubModel model, string folder, long mostBytes)
    {
        var weights = WeightsFile(model);
        return IsIndex(weights) ? [.. Shards(model, Path.Combine(folder, weights), weights).Select(name => model.File(name, mostBytes))] : [model.File(weights, mostBytes)];
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
            throw new HubException($"{index} of {model.Id} is no index of shards.", exception);
        }

        return Array.TrueForAll(names, name => name is not null && ShardName().IsMatch(name))
            ? names.OfType<string>().Order(StringComparer.Ordinal)
            : throw new HubException($"{index} of {model.Id} names a shard that is no plain name of a weights file.");
    }

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,120}\.(safetensors|bin)\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ShardName();
}
