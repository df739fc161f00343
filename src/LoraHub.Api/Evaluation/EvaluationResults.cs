using System.Text;
using System.Text.Json;
using LoraHub.Api.Http;

namespace LoraHub.Api.Evaluation;

/// <summary>The results of a folder, kept in its <c>results.jsonl</c> from one run to the next. One process at a time has them open.</summary>
sealed class EvaluationResults : IDisposable
{
    public const string FileName = "results.jsonl";

    readonly FileStream _file;
    readonly Dictionary<ResultKey, EvaluationResult> _byKey = [];

    EvaluationResults(FileStream file) => _file = file;

    /// <param name="folder">Made when missing.</param>
    /// <exception cref="EvaluationException">It is a file, or a line of what is there is no result.</exception>
    /// <exception cref="IOException">Another process has them open, or the disk does not do.</exception>
    public static EvaluationResults Open(string folder)
    {
        if (File.Exists(folder))
        {
            throw new EvaluationException($"`{folder}` is a file; --output names a folder.");
        }

        // On Linux this lock binds .NET's programs alone: others may read along.
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, FileName);
        var results = new EvaluationResults(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        try
        {
            results.Read(path);
            return results;
        }
        catch
        {
            results.Dispose();
            throw;
        }
    }

    /// <summary>What succeeded under this key, or else failed last, or null.</summary>
    public EvaluationResult? Find(ResultKey key) => _byKey.GetValueOrDefault(key);

    /// <summary>Returns when it is on the disk.</summary>
    public void Append(EvaluationResult result)
    {
        _file.Write(Encoding.UTF8.GetBytes(WireJson.Write(result) + "\n"));
        _file.Flush(flushToDisk: true);
        _byKey[result.Key()] = result;
    }

    public void Dispose() => _file.Dispose();

    void Read(string path)
    {
        var bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);

        // A line that was torn off has no line feed: what comes next takes its place.
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        _file.SetLength(whole);
        _file.Position = whole;
        foreach (var (index, line) in Encoding.UTF8.GetString(bytes, 0, whole).Split('\n').SkipLast(1).Index())
        {
            var result = TryParse(line) ?? throw new EvaluationException($"`{path}`, line {index + 1}: it is not a result of `lorahub evaluate`; mend or remove the line, or name another --output.");
            if (result.Error is null || Find(result.Key()) is not { Error: null })
            {
                _byKey[result.Key()] = result;
            }
        }
    }

    static EvaluationResult? TryParse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<EvaluationResult>(line, WireJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
