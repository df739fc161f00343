using System.Globalization;

namespace LoraHub.Bench.Tune;

/// <summary>The resident memory of this process, in bytes; 0 where the system does not say it.</summary>
static class ResidentMemory
{
    /// <summary>Begins to measure <see cref="Peak"/>.</summary>
    /// <returns>What is resident now.</returns>
    public static long Reset()
    {
        if (OperatingSystem.IsLinux())
        {
            File.WriteAllText("/proc/self/clear_refs", "5"); // resets the peak (proc(5))
        }

        return Read("VmRSS:");
    }

    /// <summary>The most since <see cref="Reset"/>.</summary>
    public static long Peak() => Read("VmHWM:");

    static long Read(string field)
    {
        const string Status = "/proc/self/status";
        var line = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) : null;
        return line is null ? 0 : 1024 * long.Parse(line[field.Length..^" kB".Length], CultureInfo.InvariantCulture);
    }
}
