using System.Runtime.CompilerServices;

namespace LoraHub.Inference.Tests;

/// <summary>Runs the engine's module initializer before a test touches a tensor: LORAHUB_LIBTORCH counts then.</summary>
static class FirstTensor
{
    [ModuleInitializer]
    internal static void Prepare() => RuntimeHelpers.RunModuleConstructor(typeof(InferenceOptions).Module.ModuleHandle);
}
