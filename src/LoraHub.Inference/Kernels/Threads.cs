using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// Runs loops on the threads of libtorch's operations (GNU OpenMP's), so that the two never compete for the processors. Falls back to the
/// calling thread if that is not possible.
/// </summary>
static unsafe class Threads
{
    // GCC's libgomp: void GOMP_parallel(void (*fn)(void*), void* data, unsigned threads, unsigned flags)
    static readonly delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> Parallel =
        (delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void>)LibTorch.Export("GOMP_parallel");

    static readonly delegate* unmanaged<int> ThreadNumber = (delegate* unmanaged<int>)LibTorch.Export("omp_get_thread_num");

    static readonly delegate* unmanaged<int> TeamSize = (delegate* unmanaged<int>)LibTorch.Export("omp_get_num_threads");

    // GCC's libgomp: void omp_set_num_threads(int), of the calling thread
    static readonly delegate* unmanaged<int, void> SetThreads = (delegate* unmanaged<int, void>)LibTorch.Export("omp_set_num_threads");

    // Intel's MKL in libtorch, which libtorch gives a number for all threads: int MKL_Set_Num_Threads_Local(int), of the calling thread
    static readonly delegate* unmanaged<int, int> SetProductThreads =
        (delegate* unmanaged<int, int>)LibTorch.Export("MKL_Set_Num_Threads_Local");

    // As libtorch's own loops: fewer numbers take less time than waking another thread, which may be busy with something else.
    const long WorthThreads = 32_768;

    /// <summary>
    /// Keeps the operations of the calling thread on it from now on. Many small ones take less time than waking another thread does, and a woken
    /// thread spins between them. Other threads' operations stay as they are.
    /// </summary>
    public static void UseOne()
    {
        if (SetThreads != null && SetProductThreads != null)
        {
            get_num_threads(); // libtorch sets a new thread's number at its first call
            SetThreads(1);
            _ = SetProductThreads(1);
        }
    }

    /// <summary>Splits [0, count) into slices, calls the body for each on a separate thread, and waits for all.</summary>
    /// <param name="body">Receives the arguments and its slice, from and to. Must not throw.</param>
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

    /// <summary>The same, but on the calling thread if the loop processes few numbers in all.</summary>
    public static void For(int count, long numbers, delegate*<void*, int, int, void> body, void* arguments)
    {
        if (numbers < WorthThreads)
        {
            body(arguments, 0, count);
        }
        else
        {
            For(count, body, arguments);
        }
    }

    /// <summary>
    /// Calls the action for each number in [0, count) and waits for all. Free threads take the next number in order; libtorch's operations in
    /// the action stay on its thread.
    /// </summary>
    /// <param name="action">
    /// Dispose scopes and grad mode are its thread's, not the caller's. Its first exception is rethrown here, and the remaining numbers are
    /// skipped.
    /// </param>
    public static void ForEach(int count, Action<int> action)
    {
        var numbers = new Numbers { Count = count, Action = action };
        var handle = GCHandle.Alloc(numbers);
        try
        {
            For(get_num_threads(), &TakeNumbers, (void*)GCHandle.ToIntPtr(handle));
        }
        finally
        {
            handle.Free();
        }

        numbers.Failure?.Throw();
    }

    static void TakeNumbers(void* pointer, int from, int to)
    {
        var numbers = (Numbers)GCHandle.FromIntPtr((nint)pointer).Target!;
        try
        {
            while (numbers.Failure is null && numbers.TakeNext() is var number && number < numbers.Count)
            {
                numbers.Action(number);
            }
        }
        catch (Exception exception)
        {
            numbers.Fail(exception);
        }
    }

    [UnmanagedCallersOnly]
    static void RunSlice(void* pointer)
    {
        var work = (Work*)pointer;
        long slice = ThreadNumber(), slices = TeamSize();
        work->Body(work->Arguments, (int)(work->Count * slice / slices), (int)(work->Count * (slice + 1) / slices));
    }

    sealed class Numbers
    {
        int _taken;
        ExceptionDispatchInfo? _failure;

        public required int Count { get; init; }

        public required Action<int> Action { get; init; }

        public ExceptionDispatchInfo? Failure => Volatile.Read(ref _failure);

        public int TakeNext() => Interlocked.Increment(ref _taken) - 1;

        public void Fail(Exception exception) => Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
    }

    [StructLayout(LayoutKind.Auto)]
    struct Work
    {
        public long Count;
        public delegate*<void*, int, int, void> Body;
        public void* Arguments;
    }
}
