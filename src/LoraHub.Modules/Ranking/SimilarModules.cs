using System.Collections.Concurrent;
using LoraHub.Core.Threading;
using LoraHub.Modules.Inspection;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Ranking;

/// <param name="Cosine">Of the angle between the two updates.</param>
sealed record SimilarModule(ModuleVersion Module, double Cosine);

/// <summary>Finds the modules whose updates point where another's does: by the sketches first, then by the numbers themselves.</summary>
sealed class SimilarModules(IModuleIndex index, ModuleLibrary library) : IDisposable
{
    /// <summary>A sketch errs by some hundredths: so many are looked at to find the nearest few.</summary>
    const int Shortlist = 20;

    const int MostKept = 100_000;

    /// <summary>Digits by which cosines differ: the last bits of a sum depend on where its numbers lie in memory, and equal modules must keep their order.</summary>
    const int Significant = 9;

    readonly ConcurrentDictionary<(string One, string Other), double> _cosines = new(); // by digests, which never change their bytes
    readonly SemaphoreSlim _turn = new(1, 1); // reading modules takes the disk and a core: one request at a time

    /// <summary>The nearest first, at most the query's limit, without the module itself; none when it cannot be read.</summary>
    /// <param name="query">Which of them are asked for; its text and its page do not count.</param>
    public async Task<IReadOnlyList<SimilarModule>> FindAsync(ModuleVersion module, ModuleQuery query, CancellationToken cancellationToken)
    {
        if (module is not { Report: { } report, Digest: { } digest } || (query.BaseModel is not null && query.BaseModel != report.BaseModel))
        {
            return [];
        }

        var sketches = await index.SketchesAsync(report.BaseModel, query, cancellationToken);
        string[] nearest = [.. Nearest(report, module.Id, sketches).Take(Math.Max(query.Limit, Shortlist))];
        var versions = await index.FindAsync(nearest, cancellationToken);
        ModuleVersion[] near = [.. nearest.Select(id => versions.GetValueOrDefault(id)).OfType<ModuleVersion>().Where(other => other.Digest is not null)];
        await MeasureAsync(module, digest, [.. near.Where(other => !_cosines.ContainsKey((digest, other.Digest!)))], cancellationToken);
        return
        [
            .. near
                .Select(other => new SimilarModule(other, _cosines.GetValueOrDefault((digest, other.Digest!), double.NaN)))
                .Where(one => double.IsFinite(one.Cosine))
                .OrderByDescending(one => Math.Round(one.Cosine, Significant)).ThenBy(one => one.Module.Id, StringComparer.Ordinal)
                .Take(query.Limit),
        ];
    }

    public void Dispose() => _turn.Dispose();

    static IEnumerable<string> Nearest(ModuleReport report, string id, IReadOnlyList<ModuleSketch> sketches) => sketches
        .Where(other => other.Id != id && other.Sketch.Length == report.Sketch.Length)
        .Select(other => (other.Id, Cosine: report.Norm * other.Norm is > 0 and var norms ? SketchCosine.Dot(report.Sketch, other.Sketch) / norms : 0))
        .OrderByDescending(pair => pair.Cosine).ThenBy(pair => pair.Id, StringComparer.Ordinal)
        .Select(pair => pair.Id);

    async Task MeasureAsync(ModuleVersion module, string digest, ModuleVersion[] others, CancellationToken cancellationToken)
    {
        if (others.Length == 0)
        {
            return;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            await OwnThread.RunAsync(() => Measure(module, digest, others, cancellationToken), cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    void Measure(ModuleVersion module, string digest, ModuleVersion[] others, CancellationToken cancellationToken)
    {
        if (_cosines.Count > MostKept)
        {
            _cosines.Clear();
        }

        // A version whose folder is gone has no neighbors, and is nobody's.
        var found = others.Select(other => (other.Digest, Folder: Find(other))).Where(pair => pair.Folder is not null).ToArray();
        if (Find(module) is not { } one || found.Length == 0)
        {
            return;
        }

        try
        {
            var cosines = ModuleInspector.Cosines(one, [.. found.Select(pair => pair.Folder!)], cancellationToken);
            foreach (var (pair, cosine) in found.Zip(cosines))
            {
                _cosines[(digest, pair.Digest!)] = cosine;
                _cosines[(pair.Digest!, digest)] = cosine;
            }
        }
        catch (ModuleRefusedException)
        {
            // Its files have changed since they were indexed: then it has no neighbors either.
        }
    }

    ModuleVersion? Find(ModuleVersion module) => library.Find(new ModuleReference(module.Id, module.IsCurrent ? null : module.Digest));
}
