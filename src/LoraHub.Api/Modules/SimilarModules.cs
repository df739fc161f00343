using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using LoraHub.Core.Modules;

namespace LoraHub.Api.Modules;

/// <param name="Cosine">Of the angle between the two updates.</param>
sealed record SimilarModule(RegisteredModule Module, double Cosine);

/// <summary>Finds the modules whose updates point where another's does: by the sketches first, then by the numbers themselves.</summary>
sealed class SimilarModules(IModuleRegistry registry, IModuleCatalog catalog, IModuleInspector inspector) : IDisposable
{
    /// <summary>A sketch errs by some hundredths: so many are looked at to find the nearest few.</summary>
    const int Shortlist = 20;

    const int MostKept = 100_000;

    readonly ConcurrentDictionary<(string One, string Other), double> _cosines = new(); // by digests, which never change their bytes
    readonly SemaphoreSlim _turn = new(1, 1); // reading modules takes the disk and a core: one request at a time

    /// <summary>The nearest first, at most <paramref name="count"/>, without the module itself; none when it cannot be read.</summary>
    /// <param name="wanted">Which of them are asked for.</param>
    public async Task<IReadOnlyList<SimilarModule>> FindAsync(RegisteredModule module, int count, Func<RegisteredModule, bool> wanted, CancellationToken cancellationToken)
    {
        if (module.Report is not { } report)
        {
            return [];
        }

        var near = new List<RegisteredModule>();
        foreach (var id in Nearest(report, module.Id, await registry.SketchesAsync(report.BaseModel, cancellationToken)))
        {
            if (await registry.FindAsync(new ModuleReference(id, null), cancellationToken) is { Problem: null } other && wanted(other))
            {
                near.Add(other);
                if (near.Count == Math.Max(count, Shortlist))
                {
                    break;
                }
            }
        }

        return [.. (await MeasureAsync(module, near, cancellationToken)).OrderByDescending(one => one.Cosine).ThenBy(one => one.Module.Id, StringComparer.Ordinal).Take(count)];
    }

    public void Dispose() => _turn.Dispose();

    static string[] Nearest(ModuleReport report, string id, IReadOnlyList<ModuleSketch> sketches)
    {
        return sketches
            .Where(other => other.Id != id && other.Sketch.Length == report.Sketch.Length)
            .Select(other => (other.Id, Cosine: report.Norm * other.Norm is > 0 and var norms ? Dot(report.Sketch, other.Sketch) / norms : 0))
            .OrderByDescending(pair => pair.Cosine)
            .ThenBy(pair => pair.Id, StringComparer.Ordinal)
            .Select(pair => pair.Id)
            .ToArray();
    }

    async Task<IEnumerable<SimilarModule>> MeasureAsync(RegisteredModule module, List<RegisteredModule> near, CancellationToken cancellationToken)
    {
        var unknown = near.Where(other => !_cosines.ContainsKey((module.Digest, other.Digest))).ToArray();
        if (unknown.Length > 0)
        {
            await _turn.WaitAsync(cancellationToken);
            try
            {
                // Tensor code keeps state on its thread: it gets one of its own, and nothing is awaited on it.
                await Task.Factory.StartNew(
                    () => Measure(module, unknown, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }
            finally
            {
                _turn.Release();
            }
        }

        return near
            .Select(other => new SimilarModule(other, _cosines.GetValueOrDefault((module.Digest, other.Digest), double.NaN)))
            .Where(one => double.IsFinite(one.Cosine));
    }

    void Measure(RegisteredModule module, RegisteredModule[] others, CancellationToken cancellationToken)
    {
        if (_cosines.Count > MostKept)
        {
            _cosines.Clear();
        }

        // Of a name's version that its folder no longer has, nothing is said.
        var found = others.Select(other => (other.Digest, Info: Find(other))).Where(pair => pair.Info is not null).ToArray();
        if (Find(module) is not { } one || found.Length == 0)
        {
            return;
        }

        try
        {
            var cosines = inspector.Cosines(one, [.. found.Select(pair => pair.Info!)], cancellationToken);
            foreach (var (pair, cosine) in found.Zip(cosines))
            {
                _cosines[(module.Digest, pair.Digest)] = cosine;
                _cosines[(pair.Digest, module.Digest)] = cosine;
            }
        }
        catch (ModuleRefusedException)
        {
            // Its files have changed since they were registered: then it has no neighbours either.
        }
    }

    ModuleInfo? Find(RegisteredModule module) => catalog.Find(new ModuleReference(module.Id, module.IsCurrent ? null : module.Digest));

    static double Dot(byte[] one, byte[] other)
    {
        var a = MemoryMarshal.Cast<byte, float>(one);
        var b = MemoryMarshal.Cast<byte, float>(other);
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }
}
