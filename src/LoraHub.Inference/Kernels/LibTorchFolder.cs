using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// Loads libtorch from the folder that <c>LORAHUB_LIBTORCH</c> names, instead of the one beside the program: on a machine with a GPU, the
/// <c>torch/lib</c> of its PyTorch. TorchSharp then finds the libraries by name among those that are loaded.
/// </summary>
static class LibTorchFolder
{
    public const string Variable = "LORAHUB_LIBTORCH";

    // Each after those that it needs. What they need besides, they find as they do in PyTorch, beside themselves.
    static readonly string[] Needed = ["libc10.so", "libtorch_cpu.so"], OfGpu = ["libc10_cuda.so", "libtorch_cuda.so"];

    /// <exception cref="DllNotFoundException">The folder holds no libtorch, or one that this system cannot load; the message says why.</exception>
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Usage", "CA2255", Justification = "It must run before anything touches a tensor, also in tests and benchmarks.")]
    internal static void Load()
    {
        // No option: those are read when tensors may exist already.
        if (Environment.GetEnvironmentVariables()[Variable] is not string { Length: > 0 } folder)
        {
            return;
        }

        foreach (var name in (string[])[.. Needed, .. OfGpu.Where(name => File.Exists(Path.Combine(folder, name))), "libtorch.so"])
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                throw new DllNotFoundException($"{Variable}: there is no {name} in `{folder}`; name the folder of libtorch, in PyTorch torch/lib.");
            }

            NativeLibrary.Load(path);
        }
    }
}
