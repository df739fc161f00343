using LoraHub.Formats.Adapters;
using LoraHub.Formats.Tensors;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.T5;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>A LoRA module in memory, as one flat vector that it owns.</summary>
sealed class LoraModule : IDisposable
{
    LoraModule(ModuleVersion info, AdapterConfig config, AdapterLayout layout, string digest, Tensor numbers) =>
        (Info, Config, Layout, Digest, Numbers) = (info, config, layout, digest, numbers);

    public ModuleVersion Info { get; }

    public AdapterConfig Config { get; }

    public AdapterLayout Layout { get; }

    /// <summary>The version's digest; see <see cref="ModuleFiles.Digest"/>.</summary>
    public string Digest { get; }

    /// <summary>All factors in the layout's order, (<see cref="AdapterLayout.Size"/>), in the model's compute dtype and on its device.</summary>
    public Tensor Numbers { get; }

    /// <summary>The dtype of <see cref="ExactNumbers"/>: fp32 or better.</summary>
    public ScalarType ExactType => ExactTypeOf(Numbers.dtype);

    public long Bytes => Numbers.numel() * Numbers.element_size();

    /// <summary>Whether every layer of both, which are of one layout, has the same scaling.</summary>
    public bool HasScalingsOf(LoraModule other) =>
        Layout.Slots.Zip(other.Layout.Slots).All(pair => pair.First.Scaling == pair.Second.Scaling);

    /// <summary>Reads a PEFT folder and checks it against its base model.</summary>
    /// <exception cref="AdapterException">The module does not fit the model, has a non-finite number, or is not the requested version.</exception>
    /// <exception cref="CheckpointException">The module's checkpoint is broken or not safe to read.</exception>
    public static LoraModule Load(ModuleVersion info, T5Model model)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = TensorReader.OpenAdapter(info.Folder);
        var config = AdapterConfig.Load(info.Folder);
        var digest = DigestOf(info.Folder);
        if (info.Digest is { } expected && expected != digest)
        {
            throw new AdapterException(
                $"its files are not the version {expected[..12]} anymore (they are {digest[..12]}); download or upload it again.");
        }

        var layout = AdapterLayout.Read(checkpoint.Entries, config);
        layout.CheckFits(model.ShapeOf);

        var numbers = ReadNumbers(checkpoint, layout, model.ComputeType, model.Device);
        return numbers.isfinite().all().item<bool>()
            ? new LoraModule(info, config, layout, digest, numbers.DetachFromDisposeScope())
            : throw new AdapterException("the checkpoint holds a number that is not finite (NaN or infinity).");
    }

    /// <summary>
    /// <see cref="Numbers"/> in the checkpoint's precision. Reads the checkpoint again if they are in memory as bf16. Belongs to the caller's scope.
    /// </summary>
    /// <exception cref="AdapterException">The checkpoint has changed.</exception>
    /// <exception cref="CheckpointException">The checkpoint is missing or broken.</exception>
    public Tensor ExactNumbers()
    {
        if (Numbers.dtype == ExactType)
        {
            return Numbers.alias();
        }

        using var scope = NewDisposeScope();
        using var checkpoint = TensorReader.OpenAdapter(Info.Folder);
        return DigestOf(Info.Folder) == Digest
            ? ReadNumbers(checkpoint, Layout, ExactType, Numbers.device).MoveToOuterDisposeScope()
            : throw new AdapterException($"the module `{Info.Id}` was replaced while a prediction used it; run the prediction again.");
    }

    /// <summary>Creates a module of random directions with the same norms. The caller disposes it; it is never written to files.</summary>
    public LoraModule WithRandomDirections(long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(unchecked((ulong)seed));
        var numbers = randn(Numbers.shape, dtype: ScalarType.Float32, generator: generator).to(Numbers.dtype).to(Numbers.device);
        foreach (var slot in Layout.Slots)
        {
            foreach (var (random, own) in new[] { (slot.A(numbers), slot.A(Numbers)), (slot.B(numbers), slot.B(Numbers)) })
            {
                random.mul_(own.to(ScalarType.Float64).norm().div_(random.norm()).to(random.dtype)); // squares of large numbers overflow fp32
            }
        }

        return new LoraModule(Info, Config, Layout, $"random directions {seed} of {Digest}", numbers.DetachFromDisposeScope());
    }

    public void Dispose() => Numbers.Dispose();

    static ScalarType ExactTypeOf(ScalarType type) => type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    static Tensor ReadNumbers(TensorReader checkpoint, AdapterLayout layout, ScalarType type, Device device)
    {
        var numbers = empty(layout.Size, type, device);
        foreach (var slot in layout.Slots)
        {
            checkpoint.Read(slot.KeyOfA, slot.A(numbers));
            checkpoint.Read(slot.KeyOfB, slot.B(numbers));
        }

        return numbers;
    }

    static string DigestOf(string folder)
    {
        try
        {
            return VersionFolder.Digest(folder) ?? throw new AdapterException("its files are not complete.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AdapterException($"one of its files cannot be read: {exception.Message}", exception);
        }
    }
}
