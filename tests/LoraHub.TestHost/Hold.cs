using System.Globalization;

namespace LoraHub.TestHost;

/// <summary>
/// Lets a test decide how far runs go, whichever process stands still meanwhile. The setting <c>TestHost:Hold</c> is the path of a file with a
/// number: while it exists, no composition and no training goes beyond that step, and at a negative number the setup does not end either.
/// </summary>
sealed class Hold(IConfiguration configuration)
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    readonly string? _file = configuration["TestHost:Hold"];

    /// <summary>Returns when the step may be taken; the setup is step 0.</summary>
    public void Pass(int step, CancellationToken cancellationToken)
    {
        while (_file is not null && Last(_file) < step)
        {
            cancellationToken.WaitHandle.WaitOne(Pause);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    static int Last(string file)
    {
        try
        {
            return int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var last) ? last : int.MinValue; // half written
        }
        catch (FileNotFoundException)
        {
            return int.MaxValue;
        }
    }
}
