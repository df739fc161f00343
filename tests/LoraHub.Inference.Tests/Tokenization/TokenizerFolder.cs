using System.Text.Json.Nodes;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Tests.Tokenization;

/// <summary>A copy of the shipped tokenizer's files, to be changed as published folders differ.</summary>
sealed class TokenizerFolder : IDisposable
{
    /// <summary>The first id behind the shipped vocabulary.</summary>
    public const int Next = 4100;

    TokenizerFolder()
    {
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("lorahub-tokenizer-").FullName;

    /// <summary>Copies the named files.</summary>
    public static TokenizerFolder With(params string[] files)
    {
        var folder = new TokenizerFolder();
        foreach (var file in files)
        {
            File.Copy(System.IO.Path.Combine(Bundled.Folder, file), System.IO.Path.Combine(folder.Path, file));
        }

        return folder;
    }

    /// <summary>Copies tokenizer.json, changed, and its configuration.</summary>
    public static TokenizerFolder Json(Action<JsonNode> change)
    {
        var folder = With("tokenizer_config.json");
        var json = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(Bundled.Folder, "tokenizer.json")))!;
        change(json);
        return folder.Write("tokenizer.json", json.ToJsonString());
    }

    /// <summary>Copies tokenizer.json with one part replaced.</summary>
    /// <param name="value">JSON, in which <c>$precompiled</c> is the shipped character map's step.</param>
    public static TokenizerFolder Json(string part, string value) => Json(json =>
    {
        var precompiled = json["normalizer"]!["normalizers"]![0]!.ToJsonString();
        json[part] = JsonNode.Parse(value.Replace("$precompiled", precompiled, StringComparison.Ordinal));
    });

    /// <summary>Copies tokenizer.json with one more added token behind the vocabulary.</summary>
    public static TokenizerFolder Added(string text, bool special = false, bool? normalized = null, string flags = "{}") => Json(json =>
    {
        var token = JsonNode.Parse(flags)!.AsObject();
        token["id"] ??= Next;
        token["content"] = text;
        token["special"] = special;
        token["normalized"] = normalized ?? !special;
        json["added_tokens"]!.AsArray().Add(token);
    });

    public TokenizerFolder Write(string file, string content)
    {
        File.WriteAllText(System.IO.Path.Combine(Path, file), content);
        return this;
    }

    /// <summary>The ids of a text without the end-of-sequence id.</summary>
    public int[] Ids(string text)
    {
        var ids = T5Tokenizer.Load(Path).Encode(text).Ids;
        Assert.Equal(1, ids[^1]);
        return ids[..^1];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
