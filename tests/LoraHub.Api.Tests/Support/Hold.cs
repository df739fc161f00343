using System.Globalization;

namespace LoraHub.Api.Tests.Support;

/// <summary>Decides how far the runs of a <see cref="TestHostProcess"/> go: what a test looks at stays until it has looked.</summary>
sealed class Hold : IDisposable
{
    readonly string _file = Path.Combine(Path.GetTempPath(), $"lorahub-hold-{Guid.NewGuid():n}");

    /// <summary>The setting of the process.</summary>
    public (string Key, string Value) Setting => ("TestHost:Hold", _file);

    /// <summary>Runs go on to this step, and wait before the next one.</summary>
    public void At(int step) => File.WriteAllText(_file, step.ToString(CultureInfo.InvariantCulture));

    /// <summary>The setup does not end.</summary>
    public void AtSetup() => At(-1);

    /// <summary>All goes on to its end.</summary>
    public void Release() => File.Delete(_file);

    public void Dispose() => Release();
}
