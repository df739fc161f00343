using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// CPU functions of libtorch that TorchSharp does not expose: matrices in oneDNN's packed layout. Calls libtorch's C interface (pytorch 2.10,
/// torch/csrc/inductor/aoti_torch/c/shim.h and shim_mkldnn.h), which accepts TorchSharp's handles. The interface may change, so the version
/// is pinned and every function is optional.
/// </summary>
static unsafe class LibTorch
{
    static readonly nint Library = Load();

    // AOTITorchError f(const char* name, const char* overload, uint64_t* stack)
    static readonly delegate* unmanaged<byte*, byte*, ulong*, int> CallDispatcher =
        (delegate* unmanaged<byte*, byte*, ulong*, int>)Export("aoti_torch_call_dispatcher");

    // AOTITorchError f(tensor, tensor* copy)
    static readonly delegate* unmanaged<nint, nint*, int> CopyHandle = (delegate* unmanaged<nint, nint*, int>)Export("aoti_torch_new_tensor_handle");

    // AOTITorchError f(x, weight, bias?, const char* attribute, scalars, count of scalars, algorithm?, tensor* result)
    static readonly delegate* unmanaged<nint, nint, nint*, byte*, double**, long, byte**, nint*, int> LinearPointwise =
        (delegate* unmanaged<nint, nint, nint*, byte*, double**, long, byte**, nint*, int>)Export("aoti_torch_cpu__linear_pointwise");

    // AOTITorchError f(tensor, void** data)
    static readonly delegate* unmanaged<nint, void**, int> GetDataPointer = (delegate* unmanaged<nint, void**, int>)Export("aoti_torch_get_data_ptr");

    // C++: int64_t at::native::data_ptr_from_mkldnn(const Tensor&), and the same for its size in bytes
    static readonly delegate* unmanaged<nint, long> PackedPointer =
        (delegate* unmanaged<nint, long>)Export("_ZN2at6native20data_ptr_from_mkldnnERKNS_6TensorE");

    static readonly delegate* unmanaged<nint, long> PackedBytes =
        (delegate* unmanaged<nint, long>)Export("_ZN2at6native18nbytes_from_mkldnnERKNS_6TensorE");

    /// <summary>Whether <see cref="Data"/> is available.</summary>
    public static bool CanPoint { get; } = GetDataPointer != null;

    /// <summary>Whether <see cref="PackedData"/> is available.</summary>
    public static bool CanPointPacked { get; } = PackedPointer != null && PackedBytes != null;

    static readonly bool HasPacking = CallDispatcher != null && CopyHandle != null && LinearPointwise != null;

    static readonly bool PacksFloats = HasPacking && IsRight(ScalarType.Float32);

    /// <summary>On a processor without these instructions, libtorch fails and prints a page to standard error.</summary>
    static readonly bool PacksHalves = HasPacking
        && (RuntimeInformation.ProcessArchitecture != Architecture.X64 || (Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported))
        && IsRight(ScalarType.BFloat16);

    /// <summary>Whether <see cref="Pack"/> and <see cref="Linear"/> are available for a matrix.</summary>
    /// <param name="output">The matrix's number of rows.</param>
    /// <remarks>
    /// In fp32, libtorch 2.10's oneDNN packs in blocks of 64 rows. If the last block is not full, products are wrong (seen on Zen 5 with 48, 80,
    /// 96, 112, 160 … rows; never in bf16).
    /// </remarks>
    public static bool CanPack(ScalarType type, long output) =>
        type == ScalarType.BFloat16 ? PacksHalves : type == ScalarType.Float32 && output % 64 == 0 && PacksFloats;

    /// <summary>
    /// Packs a matrix, (out, in), into the layout that oneDNN multiplies fastest; usable only with <see cref="Linear"/>. Belongs to the caller's
    /// scope.
    /// </summary>
    public static Tensor Pack(Tensor weight)
    {
        nint copy; // the call consumes the stack's handles
        Check(CopyHandle(weight.Handle, &copy));
        var stack = stackalloc ulong[] { (ulong)copy, 0 }; // the matrix; no hint of x's number of rows
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

    /// <summary>The address of a tensor's numbers, valid while the tensor is alive.</summary>
    public static void* Data(Tensor tensor)
    {
        void* data;
        Check(GetDataPointer(tensor.Handle, &data));
        return data;
    }

    /// <summary>The address of a packed matrix's numbers, valid while the tensor is alive; see <see cref="PackedLayout"/>.</summary>
    public static void* PackedData(Tensor packed, out long bytes)
    {
        bytes = PackedBytes(packed.Handle);
        return (void*)PackedPointer(packed.Handle);
    }

    /// <summary>The address of a function of libtorch or of a library that it uses, or 0.</summary>
    public static nint Export(string name) => Library != 0 && NativeLibrary.TryGetExport(Library, name, out var address) ? address : 0;

    static nint Load()
    {
        get_num_threads(); // TorchSharp loads libtorch at its first call; afterwards the system resolves the loaded library by name
        return OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libtorch_cpu.so", out var library) ? library : 0;
    }

    /// <summary>Checks packed products, because other processors may pack in other blocks: wrong products must never be used.</summary>
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

        Tensor Waves(long rows, long columns) =>
            arange(LiveScalar.Of(0), LiveScalar.Of(rows * columns), LiveScalar.One, dtype: ScalarType.Float32).sin().view(rows, columns).to(type);
    }

    static void Check(int error)
    {
        if (error != 0)
        {
            throw new InvalidOperationException("libtorch refused a call; it wrote to the standard error why.");
        }
    }
}
