using System.Collections.Concurrent;
using LoraHub.Core.Threading;
using LoraHub.Modules.Inspection;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Ranking;

/// <param name="Cosine">The cosine similarity of the two updates.</param>
sealed record SimilarModule(ModuleVersion Module, double Cosine);

/// <summary>Finds the modules with the most similar updates: candidates by their sketches, then exact cosines from the weights.</summary>
sealed class SimilarModules(IModuleIndex index, ModuleLibrary library) : IDisposable
{
    /// <summary>The number of candidates whose exact cosine is computed, because a sketch's cosine is off by a few hundredths.</summary>
    const int Shortlist = 20;

    const int MostKept = 100_000;

    /// <summary>
    /// Cosines are compared to this many digits: the last bits of a sum depend on memory alignment, and equal modules must keep their order.
    /// </summary>
    const int ComparedDigits = 9;

    readonly ConcurrentDictionary<(string One, string Other), double> _cosines = new(); // by digests, so that entries never become stale
    readonly SemaphoreSlim _turn = new(1, 1); // one request at a time, because reading modules uses the disk and a core

    /// <summary>The nearest modules first, at most the query's limit, without the module itself; empty if the module cannot be read.</summary>
    /// <param name="query">The filters; its text and its page are ignored.</param>
    public async Task<IReadOnlyList<SimilarModule>> FindAsync(ModuleVersion module, ModuleQuery query, CancellationToken cancellationToken)
    {
        if (module is not { Report: { } report, Digest: { } digest } || (query.BaseModel is not null && query.BaseModel != report.BaseModel))
        {
            return [];
        }

        var sketches = await index.SketchesAsync(report.BaseModel, query, cancellationToken);
        string[] nearest = [.. Nearest(report, module.Id, sketches).Take(Math.Max(query.Limit, Shortlist))];
        var versions = await index.FindAsync(nearest, cancellationToken);
        var found = nearest.Select(id => versions.GetValueOrDefault(id)).OfType<ModuleVersion>();
        ModuleVersion[] near = [.. found.Where(other => other.Digest is not null)];
        await MeasureAsync(module, digest, [.. near.Where(other => !_cosines.ContainsKey((digest, other.Digest!)))], cancellationToken);
        return
        [
            .. near
                .Select(other => new SimilarModule(other, _cosines.GetValueOrDefault((digest, other.Digest!), double.NaN)))
                .Where(one => double.IsFinite(one.Cosine))
                .OrderByDescending(one => Math.Round(one.Cosine, ComparedDigits)).ThenBy(one => one.Module.Id, StringComparer.Ordinal)
                .Take(query.Limit),
        ];
    }

    public void Dispose() => _turn.Dispose();

    static IEnumerable<string> Nearest(ModuleReport report, string id, IReadOnlyList<ModuleSketch> sketches) => sketches
        .Where(other => other.Id != id && other.Sketch.Length == report.Sketch.Length)
        .Select(
            other => (other.Id, Cosine: report.Norm * other.Norm is > 0 and var norms ? SketchCosine.Dot(report.Sketch, other.Sketch) / norms : 0))
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

        // A version whose folder was deleted has no neighbors and is not listed as one.
        var found = others.Select(other => (other.Digest, Folder: Find(other))).Where(pair => pair.Folder is not null).ToArray();
        if (Find(module) is not { } current || found.Length == 0)
        {
            return;
        }

        try
        {
            var cosines = ModuleInspector.Cosines(current, [.. found.Select(pair => pair.Folder!)], cancellationToken);
            foreach (var (pair, cosine) in found.Zip(cosines))
            {
                _cosines[(digest, pair.Digest!)] = cosine;
                _cosines[(pair.Digest!, digest)] = cosine;
            }
        }
        catch (ModuleRefusedException)
        {
            // The files changed after they were indexed, so this version has no neighbors either.
        }
    }

    ModuleVersion? Find(ModuleVersion module) => library.Find(new ModuleReference(module.Id, module.IsCurrent ? null : module.Digest));
}
