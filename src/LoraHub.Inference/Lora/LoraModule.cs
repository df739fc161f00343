using LoraHub.Core.Modules;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>A LoRA module in memory: one flat vector. Owns it.</summary>
sealed class LoraModule : IDisposable
{
    LoraModule(ModuleInfo info, AdapterConfig config, AdapterLayout layout, string digest, Tensor numbers) =>
        (Info, Config, Layout, Digest, Numbers) = (info, config, layout, digest, numbers);

    public ModuleInfo Info { get; }

    public AdapterConfig Config { get; }

    public AdapterLayout Layout { get; }

    /// <summary>Of the version, see <see cref="ModuleFiles.Digest"/>.</summary>
    public string Digest { get; }

    /// <summary>All factors in the layout's order, (<see cref="AdapterLayout.Size"/>), in the dtype that the model multiplies in, on its device.</summary>
    public Tensor Numbers { get; }

    /// <summary>The dtype of <see cref="ExactNumbers"/>: fp32 or better.</summary>
    public ScalarType ExactType => ExactTypeOf(Numbers.dtype);

    public long Bytes => Numbers.numel() * Numbers.element_size();

    /// <summary>Reads a PEFT folder and checks it against the model it is for.</summary>
    /// <exception cref="AdapterException">It does not fit the model, a number in it is not finite, or its bytes are not those of the version that is asked for.</exception>
    /// <exception cref="CheckpointException">Its checkpoint is broken or not safe to read.</exception>
    public static LoraModule Load(ModuleInfo info, T5Model model)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.OpenAdapter(info.Folder);
        var config = AdapterConfig.Load(info.Folder);
        var digest = DigestOf(info.Folder);
        if (info.Digest is { } expected && expected != digest)
        {
            throw new AdapterException($"its files are not the version {expected[..12]} any more (they are {digest[..12]}); fetch or upload it again.");
        }

        var layout = AdapterLayout.Read(checkpoint.Entries, config.Rank);
        layout.CheckFits(model.ShapeOf);

        var numbers = ReadNumbers(checkpoint, layout, model.ComputeType, model.Device);
        return numbers.isfinite().all().item<bool>()
            ? new LoraModule(info, config, layout, digest, numbers.DetachFromDisposeScope())
            : throw new AdapterException("the checkpoint holds a number that is not finite (NaN or infinity).");
    }

    /// <summary>As <see cref="Numbers"/>, but as exact as the checkpoint has them, which is read again where memory holds them in bf16; belongs to the caller's scope.</summary>
    /// <exception cref="AdapterException">The checkpoint is another one now.</exception>
    /// <exception cref="CheckpointException">The checkpoint is gone or broken.</exception>
    public Tensor ExactNumbers()
    {
        if (Numbers.dtype == ExactType)
        {
            return Numbers.alias();
        }

        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.OpenAdapter(Info.Folder);
        return DigestOf(Info.Folder) == Digest
            ? ReadNumbers(checkpoint, Layout, ExactType, Numbers.device).MoveToOuterDisposeScope()
            : throw new AdapterException($"the module `{Info.Id}` was replaced while a prediction used it; run the prediction again.");
    }

    /// <summary>A module of the same norms that knows nothing: each factor points into a random direction. The caller disposes it; it is never written to files.</summary>
    public LoraModule WithRandomDirections(long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(unchecked((ulong)seed));
        var numbers = randn(Numbers.shape, dtype: ScalarType.Float32, generator: generator).to(Numbers.dtype).to(Numbers.device);
        foreach (var slot in Layout.Slots)
        {
            foreach (var (random, own) in new[] { (slot.A(numbers), slot.A(Numbers)), (slot.B(numbers), slot.B(Numbers)) })
            {
                random.mul_(own.to(ScalarType.Float64).norm().div_(random.norm()).to(random.dtype)); // the squares of large numbers are beyond fp32
            }
        }

        return new LoraModule(Info, Config, Layout, $"random directions {seed} of {Digest}", numbers.DetachFromDisposeScope());
    }

    public void Dispose() => Numbers.Dispose();

    static ScalarType ExactTypeOf(ScalarType type) => type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    static Tensor ReadNumbers(ICheckpoint checkpoint, AdapterLayout layout, ScalarType type, Device device)
    {
        var numbers = empty(layout.Size, type, device);
        foreach (var slot in layout.Slots)
        {
            slot.A(numbers).copy_(checkpoint.Read(slot.KeyOfA));
            slot.B(numbers).copy_(checkpoint.Read(slot.KeyOfB));
        }

        return numbers;
    }

    static string DigestOf(string folder)
    {
        try
        {
            return ModuleDigest.Of(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AdapterException($"a file of it cannot be read: {exception.Message}", exception);
        }
    }
}
