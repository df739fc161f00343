using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// What libtorch can do on the processor and TorchSharp does not offer: matrices in oneDNN's own order. Calls libtorch's C interface
/// (pytorch 2.10, torch/csrc/inductor/aoti_torch/c/shim.h and shim_mkldnn.h), which takes TorchSharp's handles; that it may change is why the version is pinned and
/// why everything here can be absent.
/// </summary>
static unsafe class LibTorch
{
    static readonly nint Library = Load();

    // AOTITorchError f(const char* name, const char* overload, uint64_t* stack)
    static readonly delegate* unmanaged<byte*, byte*, ulong*, int> CallDispatcher = (delegate* unmanaged<byte*, byte*, ulong*, int>)Export("aoti_torch_call_dispatcher");

    // AOTITorchError f(tensor, tensor* copy)
    static readonly delegate* unmanaged<nint, nint*, int> CopyHandle = (delegate* unmanaged<nint, nint*, int>)Export("aoti_torch_new_tensor_handle");

    // AOTITorchError f(x, weight, bias?, const char* attribute, scalars, count of scalars, algorithm?, tensor* result)
    static readonly delegate* unmanaged<nint, nint, nint*, byte*, double**, long, byte**, nint*, int> LinearPointwise =
        (delegate* unmanaged<nint, nint, nint*, byte*, double**, long, byte**, nint*, int>)Export("aoti_torch_cpu__linear_pointwise");

    // AOTITorchError f(tensor, void** data)
    static readonly delegate* unmanaged<nint, void**, int> GetDataPointer = (delegate* unmanaged<nint, void**, int>)Export("aoti_torch_get_data_ptr");

    /// <summary>Whether <see cref="Data"/> works here.</summary>
    public static bool CanPoint { get; } = GetDataPointer != null;

    static readonly bool HasPacking = CallDispatcher != null && CopyHandle != null && LinearPointwise != null;

    static readonly bool PacksFloats = HasPacking && IsRight(ScalarType.Float32);

    /// <summary>Asked for on a processor without these instructions, libtorch refuses, and prints a page to the standard error.</summary>
    static readonly bool PacksHalves = HasPacking
        && (RuntimeInformation.ProcessArchitecture != Architecture.X64 || (Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported))
        && IsRight(ScalarType.BFloat16);

    /// <summary>Whether <see cref="Pack"/> and <see cref="Linear"/> work here for a matrix.</summary>
    /// <param name="output">The matrix's rows.</param>
    /// <remarks>
    /// In fp32, oneDNN as libtorch 2.10 has it packs in blocks of 64 rows, and where the last is not full, products come out wrong (seen on Zen 5 with 48, 80, 96, 112, 160 …
    /// rows; in bf16 never).
    /// </remarks>
    public static bool CanPack(ScalarType type, long output) =>
        type == ScalarType.BFloat16 ? PacksHalves : type == ScalarType.Float32 && output % 64 == 0 && PacksFloats;

    /// <summary>The same matrix, (out, in), in the order that oneDNN multiplies fastest; good for <see cref="Linear"/> alone. Belongs to the caller's scope.</summary>
    public static Tensor Pack(Tensor weight)
    {
        nint copy; // the call takes what is on the stack
        Check(CopyHandle(weight.Handle, &copy));
        var stack = stackalloc ulong[] { (ulong)copy, 0 }; // the matrix; no hint at the number of rows that x will have
        fixed (byte* name = "mkldnn::_reorder_linear_weight\0"u8, overload = "\0"u8)
        {
            Check(CallDispatcher(name, overload, stack));
        }

        return Tensor.UnsafeCreateTensor((nint)stack[0]);
    }

    /// <summary>x·Wᵀ for a packed W.</summary>
    /// <param name="x">(n, in), of the matrix's dtype.</param>
    /// <returns>(n, out), of the same dtype; belongs to the caller's scope.</returns>
    public static Tensor Linear(Tensor x, Tensor packed)
    {
        nint result;
        fixed (byte* none = "none\0"u8, empty = "\0"u8)
        {
            var algorithm = empty;
            Check(LinearPointwise(x.Handle, packed.Handle, null, none, null, 0, &algorithm, &result));
        }

        return Tensor.UnsafeCreateTensor(result);
    }

    /// <summary>Where the numbers of a tensor begin; good while the tensor lives.</summary>
    public static void* Data(Tensor tensor)
    {
        void* data;
        Check(GetDataPointer(tensor.Handle, &data));
        return data;
    }

    /// <summary>A function of libtorch or of a library that it uses, or 0.</summary>
    public static nint Export(string name) => Library != 0 && NativeLibrary.TryGetExport(Library, name, out var address) ? address : 0;

    static nint Load()
    {
        get_num_threads(); // TorchSharp loads libtorch at its first call; by its name alone the system finds what is loaded
        return OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libtorch_cpu.so", out var library) ? library : 0;
    }

    /// <summary>Other processors may pack in other blocks: a wrong product must never get further than here.</summary>
    static bool IsRight(ScalarType type)
    {
        const long Input = 40;
        try
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            return new long[] { 64, 128, 192, 320 }.All(output =>
            {
                var (x, weight) = (Waves(3, Input), Waves(output, Input));
                return Linear(x, Pack(weight)).sub(nn.functional.linear(x, weight)).abs().max().to(ScalarType.Float32).item<float>() < 0.1;
            });
        }
        catch (InvalidOperationException)
        {
            return false; // a libtorch without oneDNN
        }

        Tensor Waves(long rows, long columns) => arange(rows * columns, dtype: ScalarType.Float32).sin().view(rows, columns).to(type);
    }

    static void Check(int error)
    {
        if (error != 0)
        {
            throw new InvalidOperationException("libtorch refused a call; it wrote to the standard error why.");
        }
    }
}
