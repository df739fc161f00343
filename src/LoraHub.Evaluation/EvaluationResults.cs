using System.Text;
using System.Text.Json;
using LoraHub.Core.Json;

namespace LoraHub.Evaluation;

/// <summary>The results in a folder's <c>results.jsonl</c>, which persist between runs. Only one process at a time can open them.</summary>
public sealed class EvaluationResults : IDisposable
{
    public const string FileName = "results.jsonl";

    readonly FileStream _file;
    readonly Dictionary<ResultKey, EvaluationResult> _byKey = [];

    EvaluationResults(FileStream file) => _file = file;

    /// <param name="folder">Created if missing.</param>
    /// <exception cref="EvaluationException">The path is a file, or a line of the existing file is not a result.</exception>
    /// <exception cref="IOException">Another process has the file open, or the disk failed.</exception>
    public static EvaluationResults Open(string folder)
    {
        if (File.Exists(folder))
        {
            throw new EvaluationException($"`{folder}` is a file; --output names a folder.");
        }

        // On Linux only .NET programs honor this lock; others can still read the file.
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

    /// <summary>The successful result with this key, or else the last failed one, or null.</summary>
    public EvaluationResult? Find(ResultKey key) => _byKey.GetValueOrDefault(key);

    /// <summary>Whether there is a successful result for the question, under whatever conditions.</summary>
    public bool HasSucceeded(ResultQuestion question) => _byKey.Any(pair => pair.Key.Question == question && pair.Value.Error is null);

    /// <summary>Appends the result and flushes it to disk.</summary>
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

        // An interrupted write leaves a last line without a line feed; the next result overwrites it.
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        _file.SetLength(whole);
        _file.Position = whole;
        foreach (var (index, line) in Encoding.UTF8.GetString(bytes, 0, whole).Split('\n').SkipLast(1).Index())
        {
            var result = TryParse(line) ?? throw new EvaluationException(
                $"`{path}`, line {index + 1}: it is not a result of `lorahub evaluate`; fix or remove the line, or name another --output.");
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
