using System.Runtime.InteropServices;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// Makes glibc's allocator, if it is in use, keep freed memory for the next pass. By default it returns much of the memory to the system
/// and faults it in again, page by page, which costs small models more than their arithmetic (bench/README.md).
/// </summary>
static unsafe class FreedMemory
{
    // mallopt's parameters and glibc's largest value of the second (malloc.h, malloc/malloc.c).
    const int TrimThreshold = -1;
    const int MapThreshold = -3;
    const int LargestMapThreshold = 32 << 20;

    // The free memory to keep at the heap's end, in bytes: the size of a large model's pass.
    const int Kept = 512 << 20;

    static readonly nint Library = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) ? library : 0;

    static readonly delegate* unmanaged<nuint, int> MallocTrim = (delegate* unmanaged<nuint, int>)Export("malloc_trim");

    /// <summary>Keeps freed memory from now on, for the whole process.</summary>
    public static void Keep()
    {
        var mallopt = (delegate* unmanaged<int, int, int>)Export("mallopt");
        if (mallopt != null)
        {
            _ = mallopt(MapThreshold, LargestMapThreshold);
            _ = mallopt(TrimThreshold, Kept);
        }
    }

    /// <summary>Returns free memory to the system.</summary>
    public static void Release()
    {
        if (MallocTrim != null)
        {
            _ = MallocTrim(0);
        }
    }

    static nint Export(string name) => Library != 0 && NativeLibrary.TryGetExport(Library, name, out var address) ? address : 0;
}
