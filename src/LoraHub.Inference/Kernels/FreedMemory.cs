using System.Runtime.InteropServices;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// Where glibc's allocator is in use: keeps what one pass freed for the next. By default much of it goes back to the system at once and is taken anew, page fault by page
/// fault, which costs small models more than their arithmetic (bench/README.md).
/// </summary>
static unsafe class FreedMemory
{
    // mallopt's parameters and glibc's largest value of the second (malloc.h, malloc/malloc.c).
    const int TrimThreshold = -1;
    const int MapThreshold = -3;
    const int LargestMapThreshold = 32 << 20;

    // Free memory at the heap's end that is kept, in bytes: what a pass of a large model takes.
    const int Kept = 512 << 20;

    static readonly nint Library = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) ? library : 0;

    static readonly delegate* unmanaged<nuint, int> MallocTrim = (delegate* unmanaged<nuint, int>)Export("malloc_trim");

    /// <summary>From now on, for the whole process.</summary>
    public static void Keep()
    {
        var mallopt = (delegate* unmanaged<int, int, int>)Export("mallopt");
        if (mallopt != null)
        {
            _ = mallopt(MapThreshold, LargestMapThreshold);
            _ = mallopt(TrimThreshold, Kept);
        }
    }

    /// <summary>Gives back what is free now.</summary>
    public static void Release()
    {
        if (MallocTrim != null)
        {
            _ = MallocTrim(0);
        }
    }

    static nint Export(string name) => Library != 0 && NativeLibrary.TryGetExport(Library, name, out var address) ? address : 0;
}
