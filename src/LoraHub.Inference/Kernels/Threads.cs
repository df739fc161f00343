using System.Runtime.InteropServices;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// Runs loops of our own on the threads that libtorch's operations run on (GNU OpenMP's), so that the two never compete for the processors. Where that is not
/// possible they run on the calling thread.
/// </summary>
static unsafe class Threads
{
    // GCC's libgomp: void GOMP_parallel(void (*fn)(void*), void* data, unsigned threads, unsigned flags)
    static readonly delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> Parallel =
        (delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void>)LibTorch.Export("GOMP_parallel");

    static readonly delegate* unmanaged<int> ThreadNumber = (delegate* unmanaged<int>)LibTorch.Export("omp_get_thread_num");

    static readonly delegate* unmanaged<int> TeamSize = (delegate* unmanaged<int>)LibTorch.Export("omp_get_num_threads");

    /// <summary>Calls the body for slices that together are [0, count), each on another thread, and waits for all.</summary>
    /// <param name="body">Gets the arguments and its slice, from and to. Must not throw.</param>
    public static void For(int count, delegate*<void*, int, int, void> body, void* arguments)
    {
        var work = new Work { Count = count, Body = body, Arguments = arguments };
        if (Parallel == null || ThreadNumber == null || TeamSize == null || count == 1)
        {
            body(arguments, 0, count);
        }
        else
        {
            Parallel(&RunSlice, &work, (uint)Math.Min(get_num_threads(), count), 0);
        }
    }

    [UnmanagedCallersOnly]
    static void RunSlice(void* pointer)
    {
        var work = (Work*)pointer;
        long slice = ThreadNumber(), slices = TeamSize();
        work->Body(work->Arguments, (int)(work->Count * slice / slices), (int)(work->Count * (slice + 1) / slices));
    }

    [StructLayout(LayoutKind.Auto)]
    struct Work
    {
        public long Count;
        public delegate*<void*, int, int, void> Body;
        public void* Arguments;
    }
}
